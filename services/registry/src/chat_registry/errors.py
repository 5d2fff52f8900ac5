"""Errors of the registry.

    RegistryError
    └── Diverged      the journal is not the one that the snapshot was made from

A request with an error of `chat_wire` gets a refusal, and the registry skips and logs an entry or a part of a snapshot
with one. Only a snapshot that cannot be decoded although it has all its parts ends the process (`snapshots.Collector`).
"""


class RegistryError(Exception):
    """Base of the registry's own errors."""


class Diverged(RegistryError):
    """The journal has another message, or none, at the offset of the snapshot.

    An operator deleted the stream, a power cut took its end, or its retention removed what the snapshot ends with.
    """
