"""Errors of the registry.

    RegistryError
    └── Diverged      the journal is not the one that the snapshot was made from

The registry refuses a request that raises an error of `chat_wire`. It skips and logs an entry of the journal, or a part
of a snapshot, that raises one. Only a snapshot that cannot be decoded although it has all its parts ends the process
(`snapshots.Collector`).
"""


class RegistryError(Exception):
    """Base of the registry's own errors."""


class Diverged(RegistryError):
    """The journal has another message, or none, at the offset of the snapshot.

    An operator deleted the stream, a power cut took its end, or its retention removed what the snapshot ends with.
    """
