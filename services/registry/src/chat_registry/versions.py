"""The versions of what the registry keeps on the broker: journal and snapshots.

A version rises when an older registry would read the new form wrongly; a field that it may ignore needs no new version.
docs/explanation/change.md says what old and new replicas then guarantee.
"""

from typing import Annotated, TypeAlias

import msgspec

JOURNAL_VERSION = 1
SNAPSHOT_VERSION = 1

JournalVersion: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=JOURNAL_VERSION)]
SnapshotVersion: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=SNAPSHOT_VERSION)]
