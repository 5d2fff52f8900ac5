"""Limits that clients and services share. Each stands here and nowhere else.

Durations are in seconds, times in microseconds since 1970-01-01 UTC, lengths of texts in characters.
"""

PARTITIONS = 16

MAX_NAME = 32
MAX_TEXT = 4096
MAX_LINES = 200  # in a text; a text of MAX_TEXT characters reaches it only with fewer than 20 characters a line
MAX_POSTS = 256  # in one message of posts
MAX_REQUEST = 64  # the id of a request
SECRET_LENGTHS = range(32, 129)

# Every reader of JSON handles whole numbers up to 2**53 (RFC 7493, 2.2). One more message of posts fits below.
MAX_SEQUENCE = 2**53 - MAX_POSTS
# The largest number in an integer column of SQLite and PostgreSQL.
MAX_INT64 = 2**63 - 1
# The last microsecond of the year 9999, the last year that ISO 8601 writes with four digits.
MAX_TIME = 253_402_300_799_999_999

TOKEN_SECONDS = 86_400  # of a client of 0.3.0
ACCESS_SECONDS = 600  # the life of a token by which a session logs in to the broker
# Twice the life of a token: no post of a session can arrive later.
SESSION_MEMORY_SECONDS = 2 * TOKEN_SECONDS
QUESTION_SECONDS = 10  # the broker drops a question for the archive after this time

INBOX_PATTERN = r"inbox\.[0-9a-f]{32}"
