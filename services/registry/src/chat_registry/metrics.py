"""The metrics of the registry. Each replica counts the commands that it received, and what became of them."""

from prometheus_client import Counter, Gauge, Histogram

from chat_registry.journal import ClaimName, JournalEntry
from chat_registry.outcome import Outcome
from chat_wire.messages import Refused
from chat_worker.metrics import REFUSALS, REGISTRY, SECONDS

COMMANDS = Counter(
    "tertulia_registry_commands_total",
    "commands and questions that the replica could read, by `type`",
    ("command",),
    registry=REGISTRY,
)
CLAIMS = Counter(
    "tertulia_registry_claims_total",
    "claims that the replica answered; outcome is granted or refused",
    ("outcome",),
    registry=REGISTRY,
)
NAMES = Gauge("tertulia_registry_names", "names in use, as far as the replica has read the journal", registry=REGISTRY)
SESSIONS_CONNECTED = Gauge(
    "tertulia_registry_sessions_connected",
    "sessions whose client is connected, as far as the replica has read the journal",
    registry=REGISTRY,
)
JOURNAL_SECONDS = Histogram(
    "tertulia_registry_journal_seconds",
    "time from a command until the replica has read its entry in the journal, and answers",
    buckets=SECONDS,
    registry=REGISTRY,
)

# A series exists from the start, so that the first command counts as an increase.
for command in ("claim", "resume", "renew", "exit", "list_users", "release"):
    COMMANDS.labels(command)
for outcome in ("granted", "refused"):
    CLAIMS.labels(outcome)


def count_outcome(entry: JournalEntry, outcome: Outcome) -> None:
    """Count the outcome of an entry that this replica appended."""
    if isinstance(outcome.reply, Refused):
        REFUSALS.labels(outcome.reply.reason).inc()
    if isinstance(entry, ClaimName) and outcome.reply:
        CLAIMS.labels("refused" if isinstance(outcome.reply, Refused) else "granted").inc()
