"""The broker fails and restarts while a person uses the full-screen client."""

import re
from pathlib import Path

from testkit.fullscreen_person import FullscreenPerson
from testkit.processes import System, system_in
from testkit.rabbitmq import running_node
from testkit.wait import until

MEANWHILE = ["while away 1", "while away 2", "while away 3"]


def recorded(system: System) -> list[str]:
    return [line["text"] for line in system.recorded()]


def counted(person: FullscreenPerson) -> int:
    """Return the seconds that the banner at the top counts, or 0 without a banner."""
    found = re.search(r"broker.* · (\d+) s\b", person.rows()[0])
    return int(found[1]) if found else 0


def shown(person: FullscreenPerson) -> list[str]:
    return [found[1] for row in person.rows() if (found := re.search(r"│ (before|while away \d)\b", row))]


def test_messages_typed_without_a_broker_are_sent_once_and_in_order(secrets_dir: Path, tmp_path: Path) -> None:
    directory = tmp_path / "node"
    directory.mkdir()
    with running_node(directory) as node, system_in(node.broker(secrets_dir), "/", tmp_path) as system:
        services = system.all()
        ann = FullscreenPerson(system.url("client"), tmp_path / "ann")
        ann.joins("ann")
        ann.says("before")
        until(lambda: recorded(system) == ["before"], what="it is recorded")

        node.kill()
        ann.sees(" lost")
        ann.waits(lambda: counted(ann) > 0, "the banner counts")
        first = counted(ann)
        ann.waits(lambda: counted(ann) > first, "the banner counts on")
        for text in MEANWHILE:
            ann.says(text)
        ann.sees("3 messages wait")
        ann.sees("3 unsent")
        ann.sees("○ no connection")
        until(lambda: all(service.lines("broker.lost") for service in services), 30, "the services report the loss")
        node.start()

        ann.sees("● connected", 60)
        ann.waits(lambda: not ann.shows("unsent"), "nothing is unsent any more", 30)
        until(lambda: len(recorded(system)) >= 4, 30, "all is recorded")
        ann.says("after")
        until(lambda: recorded(system)[-1] == "after", 30, "what is said afterwards is recorded")
        assert recorded(system) == ["before", *MEANWHILE, "after"]
        assert shown(ann) == ["before", *MEANWHILE]
        assert not ann.shows("message waits")
