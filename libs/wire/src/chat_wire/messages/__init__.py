"""The messages between clients and services, as frozen dataclasses.

Times are integers: microseconds since 1970-01-01 UTC. The field `type` names the message. Messages that only one
service reads and writes, such as the entries of the registry's journal, belong to that service.
"""

from chat_wire.messages.history import Export, Exported, History, Mine, Page, Position, Recorded, Search
from chat_wire.messages.rooms import (
    IMPORTER,
    Batch,
    Notice,
    NoticeKind,
    Post,
    Posts,
    PostsRefused,
    Run,
    entry_ids,
    id_ranges,
    post_id,
)
from chat_wire.messages.sessions import (
    Claim,
    EndReason,
    Exit,
    Exited,
    Granted,
    ListUsers,
    Marker,
    Probe,
    Refused,
    Release,
    Released,
    Renew,
    Resume,
    SessionEnded,
    Users,
)

__all__ = [
    "IMPORTER",
    "Batch",
    "Claim",
    "EndReason",
    "Exit",
    "Exited",
    "Export",
    "Exported",
    "Granted",
    "History",
    "ListUsers",
    "Marker",
    "Mine",
    "Notice",
    "NoticeKind",
    "Page",
    "Position",
    "Post",
    "Posts",
    "PostsRefused",
    "Probe",
    "Recorded",
    "Refused",
    "Release",
    "Released",
    "Renew",
    "Resume",
    "Run",
    "Search",
    "SessionEnded",
    "Users",
    "entry_ids",
    "id_ranges",
    "post_id",
]
