"""The numbers in messages."""

from typing import Annotated

from msgspec import Meta

from chat_wire.limits import MAX_INT64

# For numbers that clients send: JSON has no bounds for numbers (RFC 8259, 6), but databases do.
Int64 = Annotated[int, Meta(ge=-MAX_INT64 - 1, le=MAX_INT64)]
