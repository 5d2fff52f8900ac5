"""The versions of what the registry keeps on the broker: journal and snapshots.

A version rises when an older registry would read the new form wrongly; a field that it may ignore needs no new version.
docs/explanation/change.md says what old and new replicas then guarantee.
"""

from typing import Annotated, TypeAlias

import msgspec

JOURNAL_VERSION = 2  # of the entries for sessions that log in to the broker; those for clients of 0.3.0 have version 1
SNAPSHOT_VERSION = 2  # of a state that has applied an entry of version 2; every other one has version 1

JournalVersion: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=JOURNAL_VERSION)]
SnapshotVersion: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=SNAPSHOT_VERSION)]
