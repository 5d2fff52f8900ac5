"""Errors of the registry.

    RegistryError
    └── Diverged      the journal is not the one that the snapshot was made from

The registry answers errors of `chat_wire` with a refusal; they do not stop it.
"""


class RegistryError(Exception):
    """Base of the registry's own errors."""


class Diverged(RegistryError):
    """The journal has another entry, or none, where a snapshot was made: somebody truncated or deleted the stream."""
