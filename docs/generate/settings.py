"""The page of settings: names and programs from the source, defaults and meanings from the table here."""

from dataclasses import dataclass

from docs.generate.markdown import code, table
from docs.generate.source import calls, modules, text_in

INTRO = """\
# Settings

All settings come from the environment. For a setting `NAME` that the table marks, `NAME_FILE` can name a file with the
value instead, for example for a secret. A program checks its settings at the start. If one is missing or wrong, it
prints the reason and exits with status 2.

"""
REST = """
`make up` also takes these variables:

| variable | default | meaning |
| --- | --- | --- |
| `REGISTRY`, `ROUTER`, `ARCHIVE` | `1` | the numbers of replicas |
| `AMQP_PORT` | the last one, at first `5673` | the port of RabbitMQ on 127.0.0.1; the next three ports are used too |

[Operate without Docker](../how-to/operate-without-docker.md) describes which settings `make up` passes to the services.
"""


@dataclass(frozen=True)
class Setting:
    """What the source does not say of a setting."""

    default: str
    meaning: str


SETTINGS = {
    "AMQP_URL": Setting(
        "", "`amqp://USER:PASSWORD@HOST:PORT/VHOST`; several, separated by `;`, are tried in random order"
    ),
    "INSTANCE": Setting("host name", "the name of the replica in logs and at the broker"),
    "LOG_LEVEL": Setting("`INFO`", "the lowest level of log lines: `DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`"),
    "HEALTH_FILE": Setting(
        "`/tmp/health.json`",
        "the [health report](health-report.md), which `python -m chat_worker.health` checks; must be a regular file",
    ),
    "TOKEN_PRIVATE_KEY": Setting("", "an Ed25519 key in PEM, which signs the tokens of sessions"),
    "TOKEN_PUBLIC_KEY": Setting("", "its public half"),
    "POSTS_PER_SECOND": Setting("`0`", "the most posts that one session may send per second; 0 means no limit"),
    "DATA_DIR": Setting("", "the directory of `log.txt`"),
    "INDEX_URL": Setting(
        "SQLite in `DATA_DIR`",
        "[PostgreSQL](../how-to/use-postgresql.md), as `postgresql+psycopg://USER:PASSWORD@HOST/DB`",
    ),
    "ROOM_MAX_BYTES": Setting(
        "`10000000000`", "the size of a room's stream in bytes, `10000000` or more; `log.txt` keeps all"
    ),
    "ROOM_MAX_AGE": Setting("`365D`", "the age of the entries of a room's stream: a number and one of `YMDhms`"),
    "NO_COLOR": Setting("", "if it is not empty, the client uses no colours"),
    "LANGUAGE": Setting("", "languages in order of preference, separated by `:`; it needs a locale"),
    "TERM": Setting("", "with `dumb`, the client uses its line frontend"),
    "DISPLAY": Setting("", "on Linux the client opens links in a browser only if this or `WAYLAND_DISPLAY` is set"),
    "WAYLAND_DISPLAY": Setting("", "see `DISPLAY`"),
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
    ("`AMQP_PORT`", "compose", "any free port", "no", "the port on 127.0.0.1 for clients outside of containers"),
)
PROGRAMS = {
    "chat_worker": "services",
    "chat_registry": "registry",
    "chat_router": "router",
    "chat_archive": "archive",
    "chat_client": "client",
    "chat_admin": "chat-admin",
}
READERS = ("setting", "number", "get")


def page() -> str:
    """Return the page; raises KeyError for a setting that is not in the table."""
    rows = [
        (code(name), ", ".join(programs), SETTINGS[name].default, "yes" if filed else "no", SETTINGS[name].meaning)
        for name, (programs, filed) in names().items()
    ]
    header = ("setting", "read by", "default", "`NAME_FILE`", "meaning")
    return INTRO + table(header, [*rows, *ELSEWHERE]) + REST


def names() -> dict[str, tuple[list[str], bool]]:
    """Return the settings that the source reads: which programs read each, and whether NAME_FILE may name a file."""
    found: dict[str, tuple[list[str], bool]] = {}
    order = list(SETTINGS)
    for module, tree in modules().items():
        program = PROGRAMS.get(module.partition(".")[0])
        for call in calls(tree, *READERS) if program else ():
            name = next((text for each in call.args if (text := text_in(each)) and text.isupper()), None)
            if name is None or program is None:
                continue
            programs, filed = found.get(name, ([], False))
            found[name] = ([*programs, *({program} - set(programs))], filed or _is_setting(call))
    return dict(sorted(found.items(), key=lambda item: order.index(item[0]) if item[0] in order else len(order)))


def _is_setting(call: object) -> bool:
    return getattr(getattr(call, "func", None), "id", "") in ("setting", "number")
