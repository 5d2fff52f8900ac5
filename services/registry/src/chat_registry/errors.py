"""What can go wrong in the registry, besides the errors of chat_wire.

    RegistryError
    └── Diverged      the journal is not the one that the snapshot was made from

Those of chat_wire that are caught here are answered, not fatal.
"""


class RegistryError(Exception):
    """Base of the registry's own errors."""


class Diverged(RegistryError):
    """Another entry, or none, is at the offset that a snapshot remembers: the stream was cut or deleted."""
