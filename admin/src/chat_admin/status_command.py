"""`chat-admin status`: how the chat is, once or again and again."""

import json
import sys
import time
from dataclasses import asdict

from rich.console import Console
from rich.live import Live

from chat_admin.diagnosis import problems_of
from chat_admin.errors import NoFigures, NoReports
from chat_admin.management import figures
from chat_admin.monitor_settings import MonitorSettings
from chat_admin.reports import Reports
from chat_admin.status import Figures, Observed, Status, replicas_of, status_of
from chat_admin.status_page import fitting, page_of

FIGURES_SECONDS = 2.5
# The broker renews its figures every 5 s, and each replica reports as often.
WATCH_SECONDS = 2.0
WELL, WRONG, NO_ANSWER = 0, 1, 2


def show(settings: MonitorSettings, as_json: bool) -> int:
    """Print how the chat is.

    Args:
        settings: How to reach the broker.
        as_json: Whether to print it as JSON.

    Returns:
        The exit status: 0 if all is well, 1 if something is wrong, 2 if the broker does not answer.
    """
    reports = Reports(settings.amqp_url)
    try:
        status = look(settings, reports)
    finally:
        reports.close()
    if as_json:
        _print_json(status)
    else:
        Console(highlight=False).print(page_of(status))
    return status_code(status)


def watch(settings: MonitorSettings, as_json: bool) -> int:
    """Print how the chat is, again and again, until you press Ctrl+C.

    Args:
        settings: How to reach the broker.
        as_json: Whether to print a line of JSON each time.

    Returns:
        The exit status 0.
    """
    reports = Reports(settings.amqp_url)
    console = Console(highlight=False)
    try:
        if as_json or not console.is_terminal:
            _repeat(settings, reports, console, as_json)
        else:
            _repeat_on_screen(settings, reports, console)
    except KeyboardInterrupt:
        pass
    finally:
        reports.close()
    return WELL


def look(settings: MonitorSettings, reports: Reports, wait: float = 0) -> Status:
    """Look at the chat once.

    Args:
        settings: How to reach the broker.
        reports: The reader of the health reports.
        wait: How long to wait for reports, in seconds.
    """
    found, figures_error = _figures(settings)
    reports_error = None
    try:
        reports.read(wait)
    except NoReports as error:
        reports_error = str(error)
    observed = Observed(
        at=time.time_ns() // 1000,
        figures=found,
        reports=dict(reports.newest),
        figures_error=figures_error,
        reports_error=reports_error,
        former_clients=settings.former_clients,
    )
    replicas = replicas_of(observed)
    return status_of(observed, replicas, problems_of(observed, replicas))


def status_code(status: Status) -> int:
    """Return the exit status that tells how the chat is.

    Args:
        status: How the chat is.
    """
    if not status.answers:
        return NO_ANSWER
    return WELL if status.well else WRONG


def _figures(settings: MonitorSettings) -> tuple[Figures | None, str | None]:
    try:
        return figures(settings.management_url, settings.vhost, FIGURES_SECONDS), None
    except NoFigures as error:
        return None, str(error)


def _repeat(settings: MonitorSettings, reports: Reports, console: Console, as_json: bool) -> None:
    while True:
        begun = time.monotonic()
        status = look(settings, reports, WATCH_SECONDS)
        if as_json:
            _print_json(status)
        else:
            console.print(page_of(status), "")
        _rest(begun)


def _repeat_on_screen(settings: MonitorSettings, reports: Reports, console: Console) -> None:
    with Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            begun = time.monotonic()
            page = page_of(look(settings, reports, WATCH_SECONDS))
            live.update(fitting(page, console), refresh=True)
            _rest(begun)


def _rest(begun: float) -> None:
    """Wait for the rest of a look's time: a broker that refuses must not be asked without a pause."""
    time.sleep(max(0.0, begun + WATCH_SECONDS - time.monotonic()))


def _print_json(status: Status) -> None:
    json.dump(asdict(status), sys.stdout, default=str)
    sys.stdout.write("\n")
    sys.stdout.flush()
