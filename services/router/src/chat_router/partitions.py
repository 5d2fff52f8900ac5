"""How router replicas share the ingress partitions: each slot has a priority for each partition."""

from functools import cache

from chat_wire.limits import PARTITIONS


def priority(slot: int, partition: int) -> int:
    """Return the consumer priority (`x-priority`) of the replica in a slot for a partition.

    RabbitMQ makes the consumer with the highest priority the single active one
    (https://www.rabbitmq.com/docs/consumers#single-active-consumer). Slot 0 competes for all partitions. Slot N
    competes for its fair share of them, taken evenly from the slots below it, and has a higher priority than those.
    So if slots 0 to N are in use, their replicas have equal numbers of partitions, or numbers that differ by one, and
    a new replica moves no more partitions than it takes.

    Args:
        slot: The replica's slot, 0 to 15; 16 for a replica without a slot.
        partition: The partition, 0 to 15.

    Returns:
        A positive number if the slot competes for the partition; 0 if not.
    """
    return slot + 1 if slot in _competitors()[partition] else 0


@cache
def _competitors() -> tuple[frozenset[int], ...]:
    """Return for each partition the slots that compete for it."""
    owner = [0] * PARTITIONS
    competitors: list[set[int]] = [{0} for _ in range(PARTITIONS)]
    for slot in range(1, PARTITIONS):
        for _ in range(PARTITIONS // (slot + 1)):
            partition = _next_partition(owner, slot)
            owner[partition] = slot
            competitors[partition].add(slot)
    return tuple(map(frozenset, competitors))


def _next_partition(owner: list[int], slot: int) -> int:
    """Return a partition of the slot that has most, far from this slot's own: sessions fill partitions from 0 on.

    `owner` has the highest slot that competes for each partition so far.
    """
    mine = [partition for partition in range(PARTITIONS) if owner[partition] == slot] or [0]
    richest = max(range(slot), key=lambda other: (owner.count(other), -other))
    return max(
        (partition for partition in range(PARTITIONS) if owner[partition] == richest),
        key=lambda partition: min(min((partition - own) % PARTITIONS, (own - partition) % PARTITIONS) for own in mine),
    )
