"""Errors of the registry.

    RegistryError
    ├── Diverged          the journal is not the one that the snapshot was made from
    └── CannotServe       (of the runtime, which tries again slowly)
        ├── NoState       the journal has lost its beginning, and no readable snapshot includes it
        └── NewerJournal  the journal has an entry that this version would apply wrongly

The registry refuses a request that raises an error of `refusals` or `chat_wire`. It skips and logs an entry of the
journal, or a part of a snapshot, that raises one. `chat_wire.versions.NewerVersion` is such an error.
"""

from chat_worker.errors import CannotServe


class RegistryError(Exception):
    """Base of the registry's own errors."""


class Diverged(RegistryError):
    """The journal has another message, or none, at the offset of the snapshot.

    An operator deleted the stream, a power cut took its end, or its retention removed what the snapshot ends with.
    """


class NoState(RegistryError, CannotServe):
    """The retention has removed entries of the journal that no readable snapshot includes."""

    event = "registry.no_state"

    def __init__(self, first: int, begins: int) -> None:
        """Say what is missing and what to do.

        Args:
            first: The offset of the first entry that is missing.
            begins: The offset at which the journal begins.
        """
        super().__init__(
            f"no snapshot that can be read includes the journal's entries {first} to {begins - 1}, which are gone: run "
            "the version that wrote the newest snapshot, or begin without names (docs/how-to/troubleshoot.md)"
        )


class NewerJournal(RegistryError, CannotServe):
    """A newer version of the registry wrote an entry of the journal."""

    event = "journal.newer"
