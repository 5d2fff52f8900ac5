"""What can go wrong in the registry, besides the errors of chat_wire.

    RegistryError
    ├── NoInbox       a command names no inbox for its answer (a WireError too: it is refused like those)
    └── Diverged      the journal is not the one that the snapshot was made from

Those of chat_wire that are caught here are answered, not fatal.
"""

from chat_wire.errors import WireError


class RegistryError(Exception):
    """Base of the registry's own errors."""


class NoInbox(RegistryError, WireError):
    """The AMQP reply_to of a command is no inbox, so nobody can be answered."""

    reason = "no_inbox"


class Diverged(RegistryError):
    """Another entry, or none, is at the offset that a snapshot remembers: the stream was cut or deleted."""
