"""How router replicas share the ingress partitions: each slot has a priority for each partition."""

from functools import cache

from chat_wire.limits import PARTITIONS


def priority(slot: int, partition: int) -> int:
    """Return the consumer priority (`x-priority`) of the replica in a slot for a partition.

    RabbitMQ makes the consumer with the highest priority the single active one
    (https://www.rabbitmq.com/docs/consumers#single-active-consumer). Each slot wants its share of the partitions of
    the slots below it, with a higher priority. So the replicas in slots 0 to N have equal numbers of partitions, or
    numbers that differ by one, and a new replica moves no more partitions than it takes.

    Args:
        slot: The replica's slot, 0 to 15; 16 for a replica without one, which wants nothing.
        partition: The partition, 0 to 15.
    """
    return slot + 1 if slot in _slots()[partition] else 0


@cache
def _slots() -> tuple[frozenset[int], ...]:
    """Return for each partition the slots that want it."""
    owner = [0] * PARTITIONS
    wanting: list[set[int]] = [{0} for _ in range(PARTITIONS)]
    for slot in range(1, PARTITIONS):
        for _ in range(PARTITIONS // (slot + 1)):
            partition = _next_partition(owner, slot)
            owner[partition] = slot
            wanting[partition].add(slot)
    return tuple(map(frozenset, wanting))


def _next_partition(owner: list[int], slot: int) -> int:
    """Return a partition of the slot that has most, far from this slot's own: sessions fill partitions from 0 on."""
    mine = [partition for partition in range(PARTITIONS) if owner[partition] == slot] or [0]
    richest = max(range(slot), key=lambda other: (owner.count(other), -other))
    return max(
        (partition for partition in range(PARTITIONS) if owner[partition] == richest),
        key=lambda partition: min(min((partition - own) % PARTITIONS, (own - partition) % PARTITIONS) for own in mine),
    )
