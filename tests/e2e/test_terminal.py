"""People at the line client in terminals, with the real system."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from testkit.broker import TestBroker
from testkit.people import Person, piped
from testkit.processes import System, system_in


def test_two_people_talk_and_each_sees_time_name_and_text(chat: System, tmp_path: Path) -> None:
    ann, bob = Person(chat.url("client"), tmp_path / "ann"), Person(chat.url("client"), tmp_path / "bob")
    ann.joins("ann")
    bob.joins("bob")
    ann.sees(r"\* bob joined")

    ann.says("hola")
    bob.hears("ann", "hola")
    ann.hears("ann", "hola")
    bob.says("qué tal")
    ann.hears("bob", "qué tal")

    ann.says("/users")
    ann.sees(r"\* connected: ann, bob")
    bob.says("/exit")
    assert bob.ends() == 0
    ann.sees(r"\* bob left")


def test_a_taken_name_is_refused_with_the_reason_and_asked_for_again(chat: System, tmp_path: Path) -> None:
    ann, other = (
        Person(chat.url("client"), tmp_path / "ann"),
        Person(chat.url("client"), tmp_path / "other"),
    )
    ann.joins("ann")
    other.sees("name: ")
    other.says("ANN")
    other.sees("taken: choose another name")
    other.sees("name: ")
    other.says("two words")
    other.sees("space")
    other.joins("eve")


def test_help_names_every_command_and_an_unknown_one_gets_the_nearest(chat: System, tmp_path: Path) -> None:
    ann = Person(chat.url("client"), tmp_path / "ann")
    ann.joins("ann")
    ann.says("/help")
    for command in ("/users", "/mymsgs", "/help", "/exit"):
        ann.sees(command)
    ann.says("/user")
    ann.sees("/users")
    ann.says("//etc is a folder")
    ann.hears("ann", "/etc is a folder")


def test_a_killed_client_keeps_its_name_and_only_the_same_person_takes_it_back(chat: System, tmp_path: Path) -> None:
    url = chat.url("client")
    ann, bob = Person(url, tmp_path / "ann"), Person(url, tmp_path / "bob")
    ann.joins("ann")
    bob.joins("bob")
    ann.says("before")
    bob.hears("ann", "before")

    ann.killed()
    bob.sees(r"\* ann lost the connection")
    bob.says("/users")
    bob.sees(r"\* disconnected: ann")

    thief = Person(url, tmp_path / "thief")
    thief.sees("name: ")
    thief.says("ann")
    thief.sees("taken")
    again = Person(url, tmp_path / "ann")
    again.joins("ann")
    bob.sees(r"\* ann is back")
    again.says("/mymsgs")
    again.hears("ann", "before")


def test_the_same_person_at_a_second_terminal_takes_over_and_the_first_is_told(chat: System, tmp_path: Path) -> None:
    first = Person(chat.url("client"), tmp_path / "ann")
    first.joins("ann")
    second = Person(chat.url("client"), tmp_path / "ann")
    second.joins("ann")
    first.sees("you joined under this name in another terminal")
    assert first.ends() == 1
    second.says("here now")
    second.hears("ann", "here now")


def test_my_messages_are_mine_alone_even_when_the_name_had_another_holder(chat: System, tmp_path: Path) -> None:
    url = chat.url("client")
    first = Person(url, tmp_path / "first")
    first.joins("ann")
    first.says("of the first")
    first.hears("ann", "of the first")
    first.says("/quit")
    assert first.ends() == 0

    second = Person(url, tmp_path / "second")
    second.joins("ann")
    second.says("of the second")
    second.hears("ann", "of the second")
    second.says("/mymgs")
    second.hears("ann", "of the second")
    assert "of the first" not in str(second.terminal.before)


def test_a_late_member_sees_earlier_messages_once_and_then_new_ones(chat: System, tmp_path: Path) -> None:
    ann, bob = Person(chat.url("client"), tmp_path / "ann"), Person(chat.url("client"), tmp_path / "bob")
    ann.joins("ann")
    for text in ("one", "two"):
        ann.says(text)
        ann.hears("ann", text)
    bob.sees("name: ")
    bob.says("bob")
    bob.hears("ann", "one")
    bob.hears("ann", "two")
    ann.says("three")
    bob.hears("ann", "three")


def test_the_client_waits_for_a_broker_that_does_not_run_yet(tmp_path: Path) -> None:
    ann = Person("amqp://client:x@127.0.0.1:9/", tmp_path, "--name", "ann")
    ann.sees("waiting for the broker at 127.0.0.1:9")
    ann.terminal.sendintr()
    ann.ends()


def test_messages_of_others_cannot_control_the_terminal(chat: System, tmp_path: Path) -> None:
    ann, eve = (
        Person(chat.url("client"), tmp_path / "ann"),
        Person(chat.url("client"), tmp_path / "eve", "--plain"),
    )
    ann.joins("ann")
    eve.joins("eve")
    eve.terminal.send("\x16\x1b]0;title\x16\x07 done\n")
    seen = ann.sees(r"eve: [^\r\n]*done")
    assert "\u241b]0;title\u2407 done" in seen
    assert "\x1b]" not in seen
    assert "\x07" not in seen


def test_bytes_that_are_not_utf_8_are_replaced(chat: System, tmp_path: Path) -> None:
    ann = Person(chat.url("client"), tmp_path / "ann")
    ann.joins("ann")
    os.write(ann.terminal.child_fd, b"\xffhola\n")
    ann.hears("ann", "\ufffdhola")
    ann.says("/exit")
    assert ann.ends() == 0


def test_a_person_who_waits_to_leave_can_leave_at_once_and_sees_the_unsent_messages(
    broker: TestBroker, tmp_path: Path
) -> None:
    broker.empty("/")
    with system_in(broker, "/", tmp_path) as system:
        _registry, router, _archive = system.all()
        ann = Person(system.url("client"), tmp_path / "ann")
        ann.joins("ann")
        router.send(signal.SIGSTOP)
        ann.says("held up")
        ann.says("/exit")
        ann.sees("leaving once your messages are delivered")
        ann.terminal.sendintr()
        ann.sees(r"chat: not sent: held up \(the client left before the message was delivered\)")
        assert ann.ends() == 130


def test_typing_goes_on_undisturbed_while_the_room_is_busy(chat: System, tmp_path: Path) -> None:
    ann = Person(chat.url("client"), tmp_path / "ann")
    ann.joins("ann")
    lines = "".join(f"line {n}\n" for n in range(2_000))
    with ThreadPoolExecutor() as pool:
        bot = pool.submit(piped, chat.url("client"), tmp_path / "bot", lines, "--name", "bot")
        ann.sees("line 1")
        for n in range(20):
            ann.says(f"typed {n}")
        ann.hears("ann", "typed 19", 60)
        assert bot.result().returncode == 0
    ann.says("/exit")
    assert ann.ends() == 0
