"""The bounds of the registry's memory. The largest snapshot follows from them (docs/explanation/architecture.md)."""

MAX_NAMES = 100_000  # in use, all authors together
MAX_NAMES_OF_AUTHOR = 32
# Ended sessions, departures and refusals: of each kind the state keeps the newest.
MAX_REMEMBERED = 10_000
