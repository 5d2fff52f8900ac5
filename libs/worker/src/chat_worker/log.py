"""Structured logs on stdout: one JSON object a line, or structlog's console form on a terminal."""

import logging
import sys
from typing import Any

import orjson
import structlog


def configure(service: str, instance: str, level: str) -> None:
    """Send structlog's lines, and those of libraries that use `logging`, to stdout in one form.

    Every line has timestamp (ISO 8601, UTC), level, event, service and instance.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_source(service, instance),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_formatter(shared))
    logging.basicConfig(handlers=[handler], level=level, force=True)


def _formatter(shared: list[structlog.typing.Processor]) -> logging.Formatter:
    render: list[structlog.typing.Processor]
    if sys.stdout.isatty():
        render = [structlog.dev.ConsoleRenderer()]
    else:
        render = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_to_json)]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
    )


def _add_source(service: str, instance: str) -> structlog.typing.Processor:
    def add(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        return {**event, "service": service, "instance": instance}

    return add


def _to_json(line: dict[str, Any], **_: Any) -> str:
    first = {name: line.pop(name) for name in ("timestamp", "level", "event", "service", "instance")}
    return orjson.dumps({**first, **line}, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
