"""What can be typed."""

import pytest

from chat_client import commands
from chat_client.commands import Command, Mistake, Text, parse


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("/users", commands.USERS),
        ("/mymsgs", commands.MY_MESSAGES),
        ("/mymgs", commands.MY_MESSAGES),
        ("/help", commands.HELP),
        ("/exit", commands.EXIT),
        ("/quit", commands.EXIT),
        ("/Users ", commands.USERS),
    ],
)
def test_each_name_of_a_command_means_it(line: str, command: Command) -> None:
    assert parse(line) is command


def test_what_does_not_begin_with_a_slash_is_text_as_it_stands() -> None:
    assert parse("  hola /users ") == Text("  hola /users ")


def test_two_slashes_say_one() -> None:
    assert parse("//users") == Text("/users")


@pytest.mark.parametrize("line", ["", " ", "\t"])
def test_a_blank_line_means_nothing(line: str) -> None:
    assert parse(line) is None


@pytest.mark.parametrize(
    ("line", "nearest"), [("/user", "/users?"), ("/hlep", "/help?"), ("/ext", "/exit?"), ("/mymessages", "/mymsgs?")]
)
def test_an_unknown_command_is_answered_with_the_nearest(line: str, nearest: str) -> None:
    answer = parse(line)

    assert isinstance(answer, Mistake)
    assert nearest in answer.hint


@pytest.mark.parametrize("line", ["/", "/ ", "/ü", "/2"])
def test_whatever_follows_a_slash_gets_an_answer(line: str) -> None:
    assert isinstance(parse(line), Mistake)


def test_a_command_with_something_after_it_is_not_carried_out() -> None:
    answer = parse("/exit stage left")

    assert isinstance(answer, Mistake)
    assert "//exit stage left" in answer.hint


def test_help_has_every_name_of_every_command() -> None:
    shown = "\n".join(commands.help_lines())

    for command in commands.COMMANDS:
        for name in command.names:
            assert f"/{name}" in shown
