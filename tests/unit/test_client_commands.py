"""The registry of commands, and the meaning of typed lines."""

import re
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_client import commands
from chat_client.commands import Command, Invocation, Mistake, Text, action, command_named, enter, enter_text, parse
from chat_client.preferences_file import PreferenceStore, set_by_command
from chat_wire.errors import InvalidText


class Recorder:
    """A frontend that records what it is asked for."""

    def __init__(self, directory: Path = Path("/nonexistent")) -> None:
        """Begin with nothing, and with the preferences in a directory."""
        self.asked: list[tuple[str, ...]] = []
        self.preferences = PreferenceStore(directory / "settings.toml")

    def post_text(self, text: str) -> None:
        """Record a text; refuse one as a session does."""
        if "invalid" in text:
            raise InvalidText("it is invalid: type another")
        self.asked.append(("post", text))

    def reject_line(self, line: str, reason: str, /) -> None:
        """Record a rejected line."""
        self.asked.append(("reject", line, reason))

    def list_members(self) -> None:
        """Record the question."""
        self.asked.append(("members",))

    def list_my_messages(self) -> None:
        """Record the question."""
        self.asked.append(("my messages",))

    def search_messages(self, words: str) -> None:
        """Record the question."""
        self.asked.append(("search", words))

    def go_to(self, when: str, /) -> None:
        """Record the day."""
        self.asked.append(("go", when))

    def ignore_person(self, name: str, /) -> None:
        """Record the name."""
        self.asked.append(("ignore", name))

    def unignore_person(self, name: str, /) -> None:
        """Record the name."""
        self.asked.append(("unignore", name))

    def set_bell(self, mode: str, /) -> None:
        """Record the mode."""
        self.asked.append(("bell", mode))

    def set_preference(self, argument: str, /) -> None:
        """Record the lines."""
        self.show_lines(*set_by_command(self.preferences, argument))

    def show_help(self) -> None:
        """Record the question."""
        self.asked.append(("help",))

    def show_lines(self, *lines: str) -> None:
        """Record the lines."""
        self.asked.append(("show", *lines))

    def leave_chat(self) -> None:
        """Record the departure."""
        self.asked.append(("leave",))


def entered(line: str) -> tuple[str, ...]:
    """Return the one thing that a line asks of the frontend."""
    recorder = Recorder()
    enter(line, recorder)
    (asked,) = recorder.asked
    return asked


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
    assert parse(line) == Invocation(command)


def test_a_line_without_a_slash_is_a_message_unchanged() -> None:
    assert parse("  hola /users ") == Text("  hola /users ")


def test_two_slashes_make_a_message_that_begins_with_one() -> None:
    assert parse("//users") == Text("/users")


@pytest.mark.parametrize("line", ["", " ", "\t"])
def test_a_blank_line_means_nothing(line: str) -> None:
    assert parse(line) is None


@pytest.mark.parametrize(
    ("line", "nearest"),
    [("/user", "/users?"), ("/hlep", "/help?"), ("/SERCH x", "/search?"), ("/mymessages", "/mymsgs?")],
)
def test_an_unknown_command_is_answered_with_the_nearest(line: str, nearest: str) -> None:
    answer = parse(line)

    assert isinstance(answer, Mistake)
    assert nearest in answer.hint


@pytest.mark.parametrize("line", ["/x", "/ext", "/qiut", "/exti now", "/w", "/list", "/"])
def test_a_command_that_is_not_near_or_leaves_is_not_suggested(line: str) -> None:
    answer = parse(line)

    assert isinstance(answer, Mistake)
    assert "did you mean" not in answer.hint
    assert "/help lists the commands" in answer.hint
    assert f"type /{line}" in answer.hint


@given(st.text(alphabet=string.ascii_letters + string.digits, max_size=12).filter(lambda name: not command_named(name)))
def test_a_suggestion_is_near_and_never_leaves(name: str) -> None:
    answer = parse(f"/{name}")

    assert isinstance(answer, Mistake)
    suggested = re.findall(r"did you mean /(\w+)\?", answer.hint)
    assert not {"exit", "quit"} & set(suggested)
    for near in suggested:
        assert set(near) & set(name.lower())
        assert abs(len(near) - len(name)) < max(len(near), len(name)) / 2


@pytest.mark.parametrize("line", ["/", "/ ", "/ü", "/2"])
def test_every_line_with_a_slash_gets_an_answer(line: str) -> None:
    assert isinstance(parse(line), Mistake)


def test_a_command_with_something_after_it_is_not_carried_out() -> None:
    answer = parse("/users please")

    assert isinstance(answer, Mistake)
    assert "//users please" in answer.hint


@pytest.mark.parametrize("line", ["/quit bye, all", "/exit  bye, all ", "/QUIT bye, all"])
def test_a_last_message_is_posted_before_leaving(line: str) -> None:
    recorder = Recorder()
    enter(line, recorder)

    assert recorder.asked == [("post", "bye, all"), ("leave",)]


def test_a_last_message_that_is_invalid_is_rejected_and_the_person_stays() -> None:
    assert entered("/quit invalid") == ("reject", "/quit invalid", "it is invalid: type another")


@pytest.mark.parametrize("line", ["/help search", "/help /search", "/HELP /Search"])
def test_help_explains_one_command(line: str) -> None:
    what, first, *details = entered(line)

    assert what == "show"
    assert "from:NAME, before:DATE, after:DATE" in " ".join(details)
    assert first.startswith("/search WORDS ")
    assert commands.SEARCH.help in first


@pytest.mark.parametrize(("line", "hint"), [("/help serch", "did you mean /search?"), ("/help x", "/help lists")])
def test_help_for_an_unknown_command_says_so(line: str, hint: str) -> None:
    what, typed, reason = entered(line)

    assert (what, typed) == ("reject", line)
    assert hint in reason


@pytest.mark.parametrize(
    ("line", "text"),
    [("hola", "hola"), ("/users", "/users"), ("//x", "//x"), ("/quit bye", "/quit bye"), ("/x", "/x")],
)
def test_in_a_text_every_line_is_a_message(line: str, text: str) -> None:
    recorder = Recorder()
    enter_text(line, recorder)

    assert recorder.asked == [("post", text)]


@given(st.text(), st.sampled_from(["", "/", "//", "/me ", "/exit ", "/search "]))
def test_in_a_text_no_line_is_a_command_or_an_action(line: str, start: str) -> None:
    recorder = Recorder()
    enter_text(start + line, recorder)

    assert all(asked[0] != "post" or (asked[1].strip() == (start + line).strip()) for asked in recorder.asked)
    assert not any(asked[0] == "post" and action(asked[1]) for asked in recorder.asked)
    assert {asked[0] for asked in recorder.asked} <= {"post", "reject"}


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("/search hola mundo", Invocation(commands.SEARCH, "hola mundo")),
        ("/SEARCH  Hola  ", Invocation(commands.SEARCH, "Hola")),
        ("/bell mention", Invocation(commands.BELL, "mention")),
        ("/bell OFF", Invocation(commands.BELL, "off")),
        ("/bell", Invocation(commands.BELL)),
    ],
)
def test_a_command_receives_its_argument(line: str, asked: Invocation) -> None:
    assert parse(line) == asked


@pytest.mark.parametrize(
    ("line", "usage"),
    [
        ("/search", "type /search WORDS"),
        ("/me ", "type /me ACTION"),
        ("/bell loud", "loud: type /bell [on|off|mention]"),
    ],
)
def test_a_missing_or_wrong_argument_is_answered_with_the_usage(line: str, usage: str) -> None:
    answer = parse(line)

    assert isinstance(answer, Mistake)
    assert answer.hint.endswith(usage)


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("hola", ("post", "hola")),
        ("//users", ("post", "/users")),
        ("/users", ("members",)),
        ("/mymsgs", ("my messages",)),
        ("/search hola", ("search", "hola")),
        ("/ignore", ("ignore", "")),
        ("/ignore eve ", ("ignore", "eve")),
        ("/unignore eve", ("unignore", "eve")),
        ("/bell off", ("bell", "off")),
        ("/bell", ("bell", "")),
        ("/help", ("help",)),
        ("/quit", ("leave",)),
    ],
)
def test_a_line_is_carried_out_by_the_frontend(line: str, asked: tuple[str, ...]) -> None:
    assert entered(line) == asked


@pytest.mark.parametrize("line", ["invalid", "/me invalid"])
def test_an_invalid_text_is_rejected_with_the_reason(line: str) -> None:
    assert entered(line) == ("reject", line, "it is invalid: type another")


def test_a_mistake_is_rejected_with_a_hint() -> None:
    what, line, reason = entered("/user")

    assert (what, line) == ("reject", "/user")
    assert "did you mean /users?" in reason


def test_a_blank_line_asks_for_nothing() -> None:
    recorder = Recorder()
    enter("  ", recorder)

    assert recorder.asked == []


@pytest.mark.parametrize("line", ["/me waves", "/ME waves", "/me   waves  "])
def test_an_action_is_posted_with_its_prefix(line: str) -> None:
    assert entered(line) == ("post", "/me waves")
    assert action("/me waves") == "waves"


@pytest.mark.parametrize("text", ["waves", "/me", "/me ", "/me  ", "/men wave", " /me waves", "/Me waves"])
def test_other_texts_are_not_actions(text: str) -> None:
    assert action(text) is None


def test_two_slashes_make_a_message_of_an_action() -> None:
    answer = parse("//me waves")

    assert isinstance(answer, Text)
    assert answer.text.strip() == "/me waves"
    assert action(answer.text) is None


@given(st.text(), st.sampled_from(["", "/", "//", "/me ", "//me ", "/search ", "/bell ", "/users "]))
def test_a_line_never_becomes_an_action_unless_it_is_typed_as_one(line: str, start: str) -> None:
    recorder = Recorder()
    enter(start + line, recorder)

    if any(asked[0] == "post" and action(asked[1]) for asked in recorder.asked):
        assert (start + line).lstrip("/ ").lower().startswith("me")
        assert not (start + line).startswith("//")


def test_help_shows_the_arguments_and_has_a_column_for_the_effects() -> None:
    lines = commands.help_lines()

    assert lines[2].startswith("/search WORDS ")
    assert len({line.index(command.help) for line, command in zip(lines, commands.COMMANDS, strict=False)}) == 1


def test_help_has_every_name_of_every_command() -> None:
    shown = "\n".join(commands.help_lines())

    for command in commands.COMMANDS:
        for name in command.names:
            assert f"/{name}" in shown


def test_set_lists_all_preferences_shows_one_and_changes_one(tmp_path: Path) -> None:
    frontend = Recorder(tmp_path)

    for line in ("/set", "/set bell", "/set highlight on call, deploy", "/SET Bell OFF"):
        enter(line, frontend)

    everything, one, words, changed = frontend.asked
    assert "bell = mention" in everything
    assert "on, off, mention" in one[1]
    assert words[1] == "highlight = on call,deploy"
    assert changed[1] == "bell = off"
    assert PreferenceStore(tmp_path / "settings.toml").current == frontend.preferences.current


@pytest.mark.parametrize(("line", "said"), [("/set bel off", "local_time"), ("/set bell loud", "on, off, mention")])
def test_set_rejects_a_wrong_name_or_value_with_the_choices(line: str, said: str) -> None:
    frontend = Recorder()

    enter(line, frontend)

    ((kind, rejected, reason),) = frontend.asked
    assert (kind, rejected) == ("reject", line)
    assert said in reason


def test_set_says_if_the_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("broken")
    frontend = Recorder(tmp_path)

    enter("/set bell off", frontend)

    ((_show, _line, unsaved),) = frontend.asked
    assert str(tmp_path / "settings.toml") in unsaved
