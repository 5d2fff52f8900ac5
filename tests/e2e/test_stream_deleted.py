"""An operator deletes the stream of a room while people use it: clients report it, and everything goes on."""

from pathlib import Path

from testkit.people import Person
from testkit.processes import System
from testkit.wait import until


def recorded(chat: System) -> list[str]:
    return [line["text"] for line in chat.recorded()]


def test_a_deleted_room_is_declared_again_and_people_and_archive_go_on(chat: System, tmp_path: Path) -> None:
    ann, bob = Person(chat.url("client"), tmp_path / "ann"), Person(chat.url("client"), tmp_path / "bob")
    ann.joins("ann")
    bob.joins("bob")
    for n in range(5):
        ann.says(f"before {n}")
        bob.hears("ann", f"before {n}")
    until(lambda: len(recorded(chat)) == 5)

    chat.broker.delete_queue("/", "room.lobby")

    bob.sees(r"\* the broker lost the room's history")
    for n in range(8):
        ann.says(f"after {n}")
        bob.hears("ann", f"after {n}")
    expected = [f"before {n}" for n in range(5)] + [f"after {n}" for n in range(8)]
    until(lambda: len(recorded(chat)) >= len(expected), 30)
    assert recorded(chat) == expected
    late = Person(chat.url("client"), tmp_path / "late")
    late.sees("name: ")
    late.says("late")
    for text in expected:
        late.hears("ann", text)
