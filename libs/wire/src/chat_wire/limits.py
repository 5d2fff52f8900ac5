"""Limits that clients and services share; each has one home, here.

Durations are in seconds, times in microseconds since 1970-01-01 UTC, sizes of texts in characters.
"""

PARTITIONS = 16

MAX_NAME = 32
MAX_TEXT = 4096
MAX_POSTS = 256  # in one message of posts
MAX_REQUEST = 64  # the id of a request
SECRET_LENGTHS = range(32, 129)

# Whole numbers that every reader of JSON understands (RFC 7493, 2.2), with room for one more message of posts.
MAX_SEQUENCE = 2**53 - MAX_POSTS
# The highest whole number that a column of SQLite or PostgreSQL holds.
MAX_INT64 = 2**63 - 1
# The last microsecond that ISO 8601 can write with a year of four digits.
MAX_TIME = 253_402_300_799_999_999

TOKEN_SECONDS = 86_400
# Twice the life of a token: nothing that a session sent can arrive later.
SESSION_MEMORY_SECONDS = 2 * TOKEN_SECONDS
QUESTION_SECONDS = 10  # how long the broker keeps a question for the archive

INBOX_PATTERN = r"inbox\.[0-9a-f]{32}"
