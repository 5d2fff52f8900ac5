"""The faults of access to the broker: of the entrance, of the sessions' connections, and of the renewal of tokens.

With tokens that live for `TOKEN_SECONDS`, these faults meet renewals and expiry.
"""

import re
import time
from random import Random

from tests.faults.room import newest_number
from tests.faults.world import World

TOKEN_SECONDS = 20  # the shortest life that the registry allows
REGISTRY = "registry"
CHAT_ON_SECONDS = 10
ENTRANCE = "entrance"
_SESSION = re.compile(r"[0-9a-f]{32}")


def close_sessions(world: World, chance: Random) -> None:
    """Let the broker close the connections of half of the sessions, as an operator does, and not those of services."""
    connections = world.system.broker.call("GET", "connections")
    names = sorted(each["name"] for each in connections if _SESSION.fullmatch(each.get("user", "")))
    closed = chance.sample(names, (len(names) + 1) // 2)
    world.note("sessions closed", str(len(closed)))
    world.system.broker.close_connections(closed)


def close_entrance(world: World, chance: Random) -> None:
    """Let nobody in through the entrance for a while. Members chat on."""
    world.note("entrance closed")
    chance.choice(world.nodes).rabbitmqctl("clear_permissions", ENTRANCE)
    try:
        _chats_on(world, "the entrance is closed")
        time.sleep(chance.uniform(1, 5))
    finally:
        world.system.broker.import_definitions()


def stop_registries(world: World, chance: Random) -> None:
    """Kill all registries, and start them after the tokens of all sessions have expired.

    Members chat on until then.
    """
    replicas = list(world.replicas[REGISTRY])
    for replica in replicas:
        world.note("kill -9 registry", replica.process.name)
        world.replicas[REGISTRY].remove(replica)
        replica.process.kill()
    _chats_on(world, "all registries are dead")
    time.sleep(TOKEN_SECONDS + chance.uniform(0, 5))
    for _ in replicas:
        world.start(REGISTRY)


def _chats_on(world: World, when: str) -> None:
    """Wait until the archive records a post."""
    before = newest_number(world.storage.copies)
    world.measure(CHAT_ON_SECONDS, f"{when}: the archive records", lambda: newest_number(world.storage.copies) > before)
