"""Scripts at pipes: a line in is a message, a line out is a message or a notice."""

import os
import re
import subprocess
import sys
from pathlib import Path

from testkit.people import MESSAGE, Person, piped
from testkit.processes import System
from testkit.wait import until


def test_a_line_is_sent_and_the_exit_status_is_0(chat: System, tmp_path: Path) -> None:
    done = piped(chat.url("client"), tmp_path / "bot", "deployed\n", "--plain", "--name", "bot")
    assert done.returncode == 0, done.stderr
    assert re.search(rf"^{MESSAGE}bot: deployed$", done.stdout, re.M)
    assert all(line.startswith(("* ", "[")) for line in done.stdout.splitlines())
    assert done.stderr == ""


def test_log_txt_has_every_line_with_both_times(chat: System, tmp_path: Path) -> None:
    lines = [f"line {n} \U0001f600" for n in range(500)]
    assert piped(chat.url("client"), tmp_path / "bot", "\n".join(["bot", *lines])).returncode == 0
    until(lambda: len(chat.recorded()) >= 500)
    recorded = chat.recorded()
    assert [each["text"] for each in recorded] == lines
    expected = ["server_ts", "client_ts", "room", "user", "text", "id", "author", "offset", "index"]
    assert all(list(each) == expected for each in recorded)
    time = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
    assert all(time.fullmatch(each["server_ts"]) and time.fullmatch(each["client_ts"]) for each in recorded)


def test_each_search_is_answered(chat: System, tmp_path: Path) -> None:
    done = piped(chat.url("client"), tmp_path / "bot", "/search one\n/search two\n/users\n", "--name", "bot")
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stdout.splitlines() if "no message" in line or "connected: " in line] == [
        '* no message has "one"',
        '* no message has "two"',
        "* connected: nobody",
    ]
    assert "* scripts: bot" in done.stdout.splitlines()


def test_the_room_hears_the_messages_of_a_script_but_not_that_it_comes_and_goes(chat: System, tmp_path: Path) -> None:
    ann = Person(chat.url("client"), tmp_path / "ann")
    ann.joins("ann")

    for text in ("deployed", "deployed again"):
        assert piped(chat.url("client"), tmp_path / "bot", f"{text}\n", "--name", "bot").returncode == 0
    Person(chat.url("client"), tmp_path / "bob").joins("bob")
    ann.sees(r"\* bob joined")

    heard = str(ann.terminal.before)
    assert "bot: deployed again" in heard
    assert "* bot" not in heard


def test_a_refused_line_is_named_on_stderr_and_the_exit_status_is_1(chat: System, tmp_path: Path) -> None:
    text = "x" * 4097
    done = piped(chat.url("client"), tmp_path / "bot", f"fine\n{text}\nfine too\n", "--name", "bot")
    assert done.returncode == 1
    assert "not sent: xxx" in done.stderr
    assert "4,097 characters" in done.stderr
    assert len(re.findall(rf"^{MESSAGE}bot: fine", done.stdout, re.M)) == 2


def test_with_text_every_line_is_a_message_and_the_client_leaves_at_the_end(chat: System, tmp_path: Path) -> None:
    lines = ["/exit", "/etc/passwd changed", "//", "/me waves", "fine"]
    done = piped(chat.url("client"), tmp_path / "bot", "\n".join(lines), "--text", "--name", "bot")
    assert (done.returncode, done.stderr) == (0, "")
    until(lambda: len(chat.recorded()) >= len(lines))
    assert [each["text"].strip() for each in chat.recorded()] == lines


def test_a_refused_name_ends_the_client_with_2(chat: System, tmp_path: Path) -> None:
    ann = Person(chat.url("client"), tmp_path / "ann")
    ann.joins("ann")
    for name, reason in (("ann", "taken"), ("a b", "space")):
        done = piped(chat.url("client"), tmp_path / "other", "hi\n", "--plain", "--name", name)
        assert (done.returncode, done.stdout) == (2, "")
        assert reason in done.stderr
        assert "not sent" not in done.stderr


def test_a_client_without_a_broker_address_names_the_missing_setting(tmp_path: Path) -> None:
    done = piped("", tmp_path, "")
    assert done.returncode == 2
    assert "AMQP_URL" in done.stderr


def test_end_of_input_frees_the_name(chat: System, tmp_path: Path) -> None:
    for state in ("one", "another"):
        assert piped(chat.url("client"), tmp_path / state, "hi\n", "--name", "bot").returncode == 0


def test_an_operator_frees_a_name_and_its_holder_is_told(chat: System, tmp_path: Path) -> None:
    ann = Person(chat.url("client"), tmp_path / "ann")
    ann.joins("ann")
    environ = {**os.environ, "AMQP_URL": chat.url("admin")}
    release = [sys.executable, "-m", "chat_admin", "release", "ann"]
    assert subprocess.run(release, env=environ, check=False, timeout=30).returncode == 0
    ann.sees("operator")
    assert ann.ends() == 1
    other = Person(chat.url("client"), tmp_path / "other")
    other.joins("ann")
    assert subprocess.run([*release[:-1], "nobody"], env=environ, check=False, timeout=30).returncode == 1
