"""What can be typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_client import commands
from chat_client.commands import Asked, Command, Mistake, Text, action, parse


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
    assert parse(line) == Asked(command)


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


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("/search hola mundo", Asked(commands.SEARCH, "hola mundo")),
        ("/SEARCH  Hola  ", Asked(commands.SEARCH, "Hola")),
        ("/bell mention", Asked(commands.BELL, "mention")),
        ("/bell OFF", Asked(commands.BELL, "off")),
        ("/bell", Asked(commands.BELL)),
    ],
)
def test_what_follows_a_command_comes_with_it(line: str, asked: Asked) -> None:
    assert parse(line) == asked


@pytest.mark.parametrize(
    ("line", "usage"),
    [
        ("/search", "type /search WORDS"),
        ("/me ", "type /me ACTION"),
        ("/bell loud", "loud: type /bell on|off|mention"),
    ],
)
def test_a_missing_or_wrong_argument_is_answered_with_what_to_type(line: str, usage: str) -> None:
    answer = parse(line)

    assert isinstance(answer, Mistake)
    assert answer.hint.endswith(usage)


@pytest.mark.parametrize("line", ["/me waves", "/ME waves", "/me   waves  "])
def test_an_action_is_a_text_that_says_so_itself(line: str) -> None:
    assert parse(line) == Text("/me waves")
    assert action("/me waves") == "waves"


@pytest.mark.parametrize("text", ["waves", "/me", "/me ", "/me  ", "/men wave", " /me waves", "/Me waves"])
def test_other_texts_are_no_actions(text: str) -> None:
    assert action(text) is None


def test_two_slashes_say_what_would_be_an_action() -> None:
    answer = parse("//me waves")

    assert isinstance(answer, Text)
    assert answer.text.strip() == "/me waves"
    assert action(answer.text) is None


@given(st.text(), st.sampled_from(["", "/", "//", "/me ", "//me ", "/search ", "/bell ", "/users "]))
def test_a_line_never_becomes_an_action_unless_it_is_typed_as_one(line: str, start: str) -> None:
    answer = parse(start + line)

    if isinstance(answer, Text) and action(answer.text):
        assert (start + line).lstrip("/ ").lower().startswith("me")
        assert not (start + line).startswith("//")


def test_help_says_what_follows_a_command_and_has_a_column_for_what_it_does() -> None:
    lines = commands.help_lines()

    assert lines[2].startswith("/search WORDS ")
    assert len({line.index(command.help) for line, command in zip(lines, commands.COMMANDS, strict=False)}) == 1


def test_help_has_every_name_of_every_command() -> None:
    shown = "\n".join(commands.help_lines())

    for command in commands.COMMANDS:
        for name in command.names:
            assert f"/{name}" in shown
