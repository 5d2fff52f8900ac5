"""The dashboards as JSON that Grafana loads, made with the builders of grafana-foundation-sdk."""

import json
from collections.abc import Sequence
from pathlib import Path

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import BigValueColorMode, LegendDisplayMode, LegendPlacement
from grafana_foundation_sdk.models.common import TooltipDisplayMode as Tooltip
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    DataSourceRef,
    DataTransformerConfig,
    Threshold,
    ThresholdsMode,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from observability.charts import Chart, Dashboard
from observability.content import DASHBOARDS

DIRECTORY = Path(__file__).resolve().parent / "dashboards"
SOURCE = DataSourceRef(type_val="prometheus", uid="prometheus")  # grafana/datasources/prometheus.yaml
TAG = "tertulia"
COLUMNS = 24
HEIGHT = {"time": 7, "now": 4, "table": 9}
HIDDEN = {"Time": True, "__name__": True, "job": True, "alertstate": True}

Panel = timeseries.Panel | stat.Panel | table.Panel


def files() -> dict[str, str]:
    """Return the text of each file in `observability/dashboards`, by its name."""
    return {f"{each.name}.json": _text(each) for each in DASHBOARDS}


def _text(content: Dashboard) -> str:
    return json.dumps(_built(content).build(), cls=JSONEncoder, indent=1, sort_keys=True) + "\n"


def _built(content: Dashboard) -> dashboard.Dashboard:
    links = dashboard.DashboardLink("Dashboards").type(DashboardLinkType.DASHBOARDS).tags([TAG]).keep_time(True)
    built = (
        dashboard.Dashboard(content.title)
        .uid(f"tertulia-{content.name}")
        .tags([TAG])
        .readonly()
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .time("now-30m", "now")
        .refresh("10s")
        .link(links)
    )
    number = 0
    for title, charts in content.rows:
        number += 1
        built.with_row(dashboard.Row(title).id(number))
        for chart in charts:
            number += 1
            built.with_panel(_panel(chart, number).span(_width(charts)))
    return built


def _width(charts: Sequence[Chart]) -> int:
    """Return the width of each chart of a row: four in a line if that fills the lines, else three."""
    if charts[0].kind != "time":
        return COLUMNS // len(charts)
    return COLUMNS // (4 if len(charts) % 4 == 0 else 3)


def _panel(chart: Chart, number: int) -> Panel:
    panel = {"time": _over_time, "now": _now, "table": _table}[chart.kind](chart)
    panel.id(number).title(chart.title).description(chart.about).datasource(SOURCE)
    panel.height(HEIGHT[chart.kind])
    for place, (legend, expression) in enumerate(chart.series):
        query = prometheus.Dataquery().expr(expression).legend_format(legend).ref_id("ABCDEF"[place])
        if chart.kind != "time":
            query.instant()
        if chart.kind == "table":
            query.format(PromQueryFormat.TABLE)
        panel.with_target(query)
    return panel


def _over_time(chart: Chart) -> Panel:
    legend = common.VizLegendOptions().display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM)
    panel = timeseries.Panel().unit(chart.unit).min(0).fill_opacity(10)
    return panel.legend(legend.show_legend(True)).tooltip(common.VizTooltipOptions().mode(Tooltip.MULTI))


def _now(chart: Chart) -> Panel:
    steps = [Threshold(value=None, color="green" if chart.red is not None else "blue")]
    if chart.red is not None:
        steps.append(Threshold(value=chart.red, color="red"))
    thresholds = dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)
    return stat.Panel().unit(chart.unit).thresholds(thresholds).color_mode(BigValueColorMode.BACKGROUND)


def _table(chart: Chart) -> Panel:
    hide = DataTransformerConfig(id_val="organize", options={"excludeByName": HIDDEN})
    return table.Panel().unit(chart.unit).with_transformation(hide)
