"""Units: messages and stored data give times as microseconds since 1970-01-01 UTC."""

SECOND = 1_000_000
