"""Structured logs on stdout: one JSON object on each line, or the console form of structlog on a terminal."""

import logging
import sys
from contextlib import suppress
from typing import Any

import orjson
import structlog

from chat_wire.text import inert


def configure(service: str, instance: str, level: str) -> None:
    """Configure structlog and `logging`, which libraries use, to write lines of one form to stdout.

    Every line has `timestamp` (ISO 8601, UTC), `level`, `event`, `service` and `instance`.

    Args:
        service: The service's name.
        instance: The replica's name.
        level: The lowest level that is logged, such as INFO.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_source(service, instance),
    ]
    on_terminal = sys.stdout.isatty()
    _configure_ours(shared, level, on_terminal)
    _configure_libraries(shared, level, on_terminal)


class _Stdout(structlog.BytesLogger):
    """Writes lines to stdout. A full disk or a closed pipe loses lines, and does not stop the work."""

    def __init__(self, *_: Any) -> None:
        super().__init__()

    def msg(self, message: bytes) -> None:
        with suppress(OSError):
            super().msg(message)

    debug = info = warning = error = critical = exception = msg


def _configure_ours(shared: list[structlog.typing.Processor], level: str, on_terminal: bool) -> None:
    """Write the services' lines straight to stdout: through `logging` each would cost three times as much."""
    render: list[structlog.typing.Processor]
    render = [_printable, _console()] if on_terminal else [structlog.processors.format_exc_info, _to_json]
    structlog.configure(
        processors=[*shared, *render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory() if on_terminal else _Stdout,
        cache_logger_on_first_use=True,
    )


def _configure_libraries(shared: list[structlog.typing.Processor], level: str, on_terminal: bool) -> None:
    render: list[structlog.typing.Processor]
    render = [_printable, _console()] if on_terminal else [structlog.processors.format_exc_info, _to_text]
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render]
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)


def _console() -> structlog.dev.ConsoleRenderer:
    """Return the form for a terminal, with plain tracebacks: rich ones show local variables, tokens among them."""
    return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)


def _add_source(service: str, instance: str) -> structlog.typing.Processor:
    def add(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        return {**event, "service": service, "instance": instance}

    return add


def _printable(_logger: Any, _method: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Quote the texts that a terminal would not just print: a client may have written them."""
    return {
        name: repr(value) if isinstance(value, str) and not value.isprintable() and name != "event" else value
        for name, value in line.items()
    }


def _to_json(_logger: Any, _method: str, line: structlog.typing.EventDict) -> bytes:
    first = {name: line.pop(name) for name in ("timestamp", "level", "event", "service", "instance")}
    try:
        return inert(orjson.dumps({**first, **line}, default=str, option=orjson.OPT_NON_STR_KEYS))
    except TypeError:  # JSON cannot express a value, and the work must not stop for a line
        return orjson.dumps({**first, "as_python": ascii(line)})


def _to_text(logger: Any, method: str, line: structlog.typing.EventDict) -> str:
    return _to_json(logger, method, line).decode()
