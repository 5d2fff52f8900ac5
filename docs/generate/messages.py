"""The page of messages, from the dataclasses in the modules of chat_wire.messages and their docstrings."""

import dataclasses
import inspect
import types
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from msgspec import UNSET, UnsetType

from chat_wire.messages import history, rooms, sessions
from docs.generate import reasons
from docs.generate.markdown import code, table

INTRO = """\
# Messages

Each message is one JSON object. Its field `type` names the message. Times are integers: microseconds since 1970-01-01
UTC. [Reasons](#reasons) has the codes of refusals.

The classes are in [chat_wire.messages](../../libs/wire/src/chat_wire/messages). The messages of the registry's journal
are private to the registry ([journal.py](../../services/registry/src/chat_registry/journal.py)).
[Exchanges and queues](exchanges-and-queues.md) shows the path of each message.
[Add a message type](../how-to/add-a-message-type.md) explains how to extend this list.

## List of messages

"""
PRIMITIVES = {int: "integer", str: "string", float: "number", bool: "boolean", type(None): "null"}


def page() -> str:
    """Return the page."""
    classes = list(_classes())
    rows = [(f"[`{_type(cls)}`](#{_type(cls)})", _summary(cls)) for cls in classes if _type(cls)]
    parts = [cls for cls in classes if not _type(cls)]
    sections = [_section(cls, code(_type(cls))) for cls in classes if _type(cls)]
    nested = [_section(cls, f"{cls.__name__} (part)") for cls in parts]
    return INTRO + table(("type", "meaning"), rows) + "".join(sections + nested) + reasons.section()


def _classes() -> Iterator[type[Any]]:
    for module in (sessions, rooms, history):
        for value in vars(module).values():
            if dataclasses.is_dataclass(value) and isinstance(value, type) and value.__module__ == module.__name__:
                yield value


def _type(cls: type[Any]) -> str:
    field = cls.__dataclass_fields__.get("type")
    return str(field.default) if field else ""


def _summary(cls: type[Any]) -> str:
    return " ".join(_paragraphs(cls)[0].split())


def _section(cls: type[Any], title: str) -> str:
    text, described = _split(_paragraphs(cls))
    hints = get_type_hints(cls, include_extras=True)
    rows = [
        (code(field.name), json_type(hints[field.name]), _default(field), described.get(field.name, ""))
        for field in dataclasses.fields(cls)
        if field.name != "type"
    ]
    fields = _fields(rows) if rows else "It has no other fields.\n"
    return f"\n## {title}\n\n{text}\n\n{fields}"


def _fields(rows: Sequence[tuple[str, ...]]) -> str:
    """Return the table of fields, without the columns in which no field has a text."""
    header = ("field", "JSON type", "default", "meaning")
    kept = [column for column in range(len(header)) if any(row[column] for row in rows)]
    return table([header[column] for column in kept], [[row[column] for column in kept] for row in rows])


def _paragraphs(cls: type[Any]) -> list[str]:
    return (inspect.getdoc(cls) or "").split("\n\n")


def _split(paragraphs: list[str]) -> tuple[str, dict[str, str]]:
    """Split a docstring into its text and the descriptions of its section `Attributes:`."""
    described: dict[str, str] = {}
    text = []
    for paragraph in paragraphs:
        if not paragraph.startswith("Attributes:"):
            text.append(paragraph)
            continue
        name = ""
        for line in paragraph.splitlines()[1:]:
            if line.startswith("    ") and not line.startswith("     "):
                name, _, rest = line.strip().partition(":")
                described[name] = rest.strip()
            else:
                described[name] += f" {line.strip()}"
    return "\n\n".join(text), described


def _default(field: "dataclasses.Field[Any]") -> str:
    if field.default is UNSET:
        return "missing"
    if field.default is not dataclasses.MISSING:
        return code(f'"{field.default}"' if isinstance(field.default, str) else str(field.default))
    return code("{}") if field.default_factory is not dataclasses.MISSING else ""


def json_type(hint: Any) -> str:
    """Return the JSON type of a type hint, in words."""
    if get_origin(hint) is Annotated:
        return json_type(get_args(hint)[0])
    if get_origin(hint) is Literal:
        return " or ".join(code(f'"{value}"') for value in get_args(hint))
    if get_origin(hint) in (Union, types.UnionType):
        return " or ".join(json_type(each) for each in get_args(hint) if each is not UnsetType)
    if get_origin(hint) is tuple:
        return f"array of {json_type(get_args(hint)[0])}"
    if get_origin(hint) is dict:
        return f"object with values of {json_type(get_args(hint)[1])}"
    return PRIMITIVES.get(hint) or f"[{hint.__name__}](#{hint.__name__.lower()}-part)"
