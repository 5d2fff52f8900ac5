"""The page of settings: names from the source, the rest from the table here."""

from dataclasses import dataclass

from docs.generate.markdown import code, table
from docs.generate.source import called, calls, modules, text_in

INTRO = """\
# Settings

All settings come from the environment. For a setting `NAME` that the table marks, `NAME_FILE` can name a file with the
value instead, for example for a secret. A variable that is empty, or whose file is empty, counts as not set.

A program checks its settings at the start. If one is missing or wrong, it exits with status 2 and says why: a service
with the log event [`settings.invalid`](log-events.md), other programs on stderr.

"""
REST = """
Docker Compose and `make up` read settings from the environment and from the file `.env` beside `compose.yaml`; the
environment goes first. [`.env.example`](../../.env.example) lists them.
[Operate without Docker](../how-to/operate-without-docker.md) describes the other ports of `make up`.
"""


@dataclass(frozen=True)
class Setting:
    """The facts about a setting that the generator does not find in the source."""

    programs: str
    default: str
    meaning: str


SETTINGS = {
    "AMQP_URL": Setting(
        "services, client, chat-admin",
        "",
        "`amqp://USER:PASSWORD@HOST:PORT/VHOST`; several, separated by `;`, are tried in random order",
    ),
    "MONITOR_AMQP_URL": Setting(
        "chat-admin status", "", "the same for the broker user `monitor`, who reads the health reports"
    ),
    "MANAGEMENT_URL": Setting(
        "chat-admin status",
        "",
        "`http://USER:PASSWORD@HOST:PORT/`, the broker's management API for the user `monitor`; several, separated by "
        "`;`, are tried in turn",
    ),
    "FORMER_CLIENTS": Setting(
        "chat-admin status", "", "`open` while clients of 0.3.0 may log in; `chat-admin init` writes the file"
    ),
    "BROKER_ID": Setting(
        "services", "", "the broker to use, 16 hex digits: a service refuses any other broker; without it, it uses any"
    ),
    "INSTANCE": Setting("services", "host name", "the name of the replica in logs and at the broker"),
    "LOG_LEVEL": Setting(
        "services",
        "`INFO`",
        "the lowest level of log lines: `DEBUG`, `INFO`, `WARNING` (or `WARN`), `ERROR` or `CRITICAL`",
    ),
    "HEALTH_FILE": Setting(
        "services",
        "`/tmp/health.json`",
        "the [health report](health-report.md): a regular file in a writable directory",
    ),
    "METRICS_HOST": Setting(
        "services", "`127.0.0.1`; compose: `0.0.0.0`", "the address on which a replica serves its metrics"
    ),
    "METRICS_PORT": Setting(
        "services",
        "none; compose: `9100`; `make up`: a free port for each replica",
        "the port on which a replica serves its [metrics](metrics.md)",
    ),
    "TOKEN_PRIVATE_KEY": Setting("registry", "", "an Ed25519 key in PEM, which signs the tokens of sessions"),
    "TOKEN_PUBLIC_KEY": Setting("router, archive", "", "the public key of `TOKEN_PRIVATE_KEY`, in PEM"),
    "TOKEN_SECONDS": Setting(
        "registry", "`600`", "the life of a token by which a session logs in to the broker, in seconds, 20 to 3600"
    ),
    "POSTS_PER_SECOND": Setting("router", "`0`", "the most posts that one session may send per second; 0: no limit"),
    "DATA_DIR": Setting("archive", "", "the directory of `log.txt`, on a local disk"),
    "INDEX_URL": Setting(
        "archive",
        "SQLite in `DATA_DIR`",
        "another database: [PostgreSQL](../how-to/use-postgresql.md), as `postgresql+psycopg://USER:PASSWORD@HOST/DB`, "
        "or another SQLite file, as `sqlite:////PATH`",
    ),
    "ROOM_MAX_BYTES": Setting(
        "chat-admin init", "`10000000000`", "the size of a room's stream in bytes, `10000000` or more"
    ),
    "ROOM_MAX_AGE": Setting(
        "chat-admin init",
        "`365D`",
        "the age of the entries of a room's stream: a number and a unit, `Y` (years), `M` (months), `D` (days), `h` "
        "(hours), `m` (minutes) or `s` (seconds)",
    ),
    "NO_COLOR": Setting("client", "", "if it is not empty, the client uses no colours"),
    "TRACEPARENT": Setting(
        "client",
        "",
        "the [trace](../how-to/follow-a-message.md#follow-a-trace) of everything that the client sends, in the form of "
        "[W3C Trace Context](https://www.w3.org/TR/trace-context/)",
    ),
    "LANGUAGE": Setting("client", "", "languages in order of preference, separated by `:`; it needs a locale"),
    "TERM": Setting("client", "", "if it is empty or `dumb`, the client runs its line client"),
    "DISPLAY": Setting(
        "client", "", "on Linux the client opens links in a browser only if this or `WAYLAND_DISPLAY` is set"
    ),
    "WAYLAND_DISPLAY": Setting("client", "", "see `DISPLAY`"),
    "COLORFGBG": Setting(
        "client", "", "the terminal's colours, as in `15;0`: they decide between a dark and a light theme"
    ),
}
# Read by libraries or by compose, so not by a call in the source.
ELSEWHERE = (
    ("`LC_ALL`, `LC_MESSAGES`, `LANG`", "client", "", "no", "the locale: its language is English or Spanish, if known"),
    (
        "`XDG_STATE_HOME`",
        "client",
        "`~/.local/state`",
        "no",
        "`tertulia/` below it keeps the secret that identifies you",
    ),
    (
        "`XDG_CONFIG_HOME`",
        "client",
        "`~/.config`",
        "no",
        "`tertulia/` below it has your preferences, [settings.toml](settings-toml.md)",
    ),
    (
        "`AMQP_PORT`",
        "compose, `make up`",
        "compose: none; `make up`: the last one, at first `5673`",
        "no",
        "the port of RabbitMQ on 127.0.0.1. If it is not set, compose publishes no port",
    ),
    (
        "`MANAGEMENT_PORT`",
        "compose",
        "",
        "no",
        "the port of [RabbitMQ's management UI](../how-to/open-the-management-ui.md) on 127.0.0.1. If it is not set, "
        "compose publishes none; `make up` uses `AMQP_PORT` + 1",
    ),
    (
        "`REGISTRY_REPLICAS`, `ROUTER_REPLICAS`, `ARCHIVE_REPLICAS`",
        "compose, `make up`",
        "`1`",
        "no",
        "the numbers of replicas",
    ),
    (
        "`PROMETHEUS_PORT`, `GRAFANA_PORT`",
        "compose",
        "`9090`, `3000`",
        "no",
        "the ports of [Prometheus and Grafana](../how-to/watch-with-prometheus.md) on 127.0.0.1",
    ),
    ("`PERSON`", "compose", "`me`", "no", "the person of `docker compose run --rm client`: a name for a directory"),
)
READERS = ("setting", "number", "choice")


def page() -> str:
    """Return the page. Fails for a setting that is not in the table."""
    rows = [_row(name, filed) for name, filed in sorted(names().items(), key=lambda item: _place(item[0]))]
    header = ("setting", "read by", "default", "`NAME_FILE`", "meaning")
    return INTRO + table(header, [*rows, *ELSEWHERE]) + REST


def names() -> dict[str, bool]:
    """Return the settings that the source reads, and for each whether NAME_FILE may name a file."""
    found: dict[str, bool] = {}
    for tree in modules().values():
        for call in calls(tree, *READERS, "get"):
            name = next((text for each in call.args if (text := text_in(each)) and text.isupper()), None)
            if name:
                found[name] = found.get(name, False) or called(call) in READERS
    return found


def _row(name: str, filed: bool) -> tuple[str, ...]:
    known = SETTINGS[name]
    return code(name), known.programs, known.default, "yes" if filed else "no", known.meaning


def _place(name: str) -> int:
    return list(SETTINGS).index(name)
