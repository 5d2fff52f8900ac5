"""The choice of the frontend, by itself and in real pseudo-terminals."""

import io
import os
import signal
import subprocess
from pathlib import Path

import pexpect
import pytest

from chat_client.frontend import fits_full_screen
from testkit.locales import latin_1
from testkit.people import COMMAND, environment

NO_BROKER = "amqp://client:x@127.0.0.1:9/"
ESCAPE = "\x1b"


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


def at_terminal(
    state: Path,
    redirection: str = "",
    term: str | None = "xterm",
    *arguments: str,
    prefix: str = "",
    encoding: str = "utf-8",
    **more: str,
) -> "pexpect.spawn[str]":
    """Start the client at a pseudo-terminal, with one of its descriptors redirected by a shell."""
    environ = {name: value for name, value in environment(NO_BROKER, state).items() if name != "TERM"}
    if term is not None:
        environ["TERM"] = term
    environ |= more
    return pexpect.spawn(
        "sh",
        ["-c", f'exec {prefix} "$@" {redirection}', "sh", *COMMAND, *arguments],
        env=environ,
        encoding=encoding,
        codec_errors="replace",
        timeout=20,
        dimensions=(24, 80),
    )


@pytest.mark.parametrize("term", ["xterm", "xterm-256color", "linux"])
def test_a_terminal_gets_the_full_screen(term: str) -> None:
    assert fits_full_screen({"TERM": term}, [Terminal(), Terminal(), Terminal()])


@pytest.mark.parametrize("environ", [{}, {"TERM": ""}, {"TERM": "dumb"}])
def test_a_terminal_without_cursor_movement_gets_lines(environ: dict[str, str]) -> None:
    assert not fits_full_screen(environ, [Terminal(), Terminal(), Terminal()])


@pytest.mark.parametrize("redirected", [0, 1, 2])
def test_a_redirected_stream_gets_lines(redirected: int) -> None:
    streams: list[io.StringIO] = [Terminal(), Terminal(), Terminal()]
    streams[redirected] = io.StringIO()

    assert not fits_full_screen({"TERM": "xterm"}, streams)


@pytest.mark.parametrize(
    ("term", "arguments"),
    [("dumb", ()), ("", ()), (None, ()), ("xterm", ("--plain",))],
    ids=["dumb", "empty", "unset", "plain"],
)
def test_lines_have_no_escape_codes(tmp_path: Path, term: str | None, arguments: tuple[str, ...]) -> None:
    client = at_terminal(tmp_path, "", term, *arguments)
    with (tmp_path / "shown").open("w") as shown:
        client.logfile_read = shown
        client.expect("name: ")
        client.sendline("ann")
        client.expect("waiting for the broker")
        client.sendintr()
        client.expect(pexpect.EOF)

    assert ESCAPE not in (tmp_path / "shown").read_text()


def test_redirected_complaints_leave_a_terminal_that_asks_for_the_name(tmp_path: Path) -> None:
    client = at_terminal(tmp_path, f"2>{tmp_path}/complaints")
    client.expect("name: ")
    client.sendline("ann")
    client.expect("waiting for the broker")
    client.sendintr()
    client.expect(pexpect.EOF)

    assert (tmp_path / "complaints").read_text() == ""


def test_a_redirected_output_leaves_the_question_for_the_name_at_the_terminal(tmp_path: Path) -> None:
    client = at_terminal(tmp_path, f">{tmp_path}/output")
    client.expect("name: ")
    client.sendeof()
    client.expect(pexpect.EOF)

    assert "name" not in (tmp_path / "output").read_text()


def test_a_redirected_input_gets_the_line_client(tmp_path: Path) -> None:
    client = at_terminal(tmp_path, "</dev/null")
    client.expect("no name: give one")
    client.expect(pexpect.EOF)

    assert ESCAPE not in (client.before or "")


def test_a_person_with_a_redirected_output_sees_why_a_name_is_refused(tmp_path: Path) -> None:
    client = at_terminal(tmp_path, f">{tmp_path}/output")
    client.expect("name: ")
    client.sendline("a b")
    client.expect("space in it")
    client.expect("name: ")
    client.sendeof()
    client.expect(pexpect.EOF)

    assert "space in it" not in (tmp_path / "output").read_text()


def test_a_person_with_redirected_complaints_sees_them_too(tmp_path: Path) -> None:
    client = at_terminal(tmp_path, f"2>{tmp_path}/complaints", "xterm", "--name", "a b")
    client.expect("space in it")
    client.expect(pexpect.EOF)

    assert "space in it" in (tmp_path / "complaints").read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_script_ends_on_a_signal_that_its_parent_ignores(tmp_path: Path, number: signal.Signals) -> None:
    before = signal.signal(number, signal.SIG_IGN)
    try:
        client = subprocess.Popen(
            [*COMMAND, "--name", "ann"],
            env=environment(NO_BROKER, tmp_path),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
    finally:
        signal.signal(number, before)
    assert client.stdout is not None
    assert b"waiting for the broker" in client.stdout.readline()
    client.send_signal(number)

    client.communicate(timeout=20)
    assert client.returncode == 128 + number


def test_a_whole_terminal_is_drawn_on(tmp_path: Path) -> None:
    client = at_terminal(tmp_path)
    client.expect(r"\x1b\[\?1049h")
    client.expect("Tertulia")
    client.kill(signal.SIGTERM)
    client.expect(pexpect.EOF)


def test_the_line_client_reads_and_writes_the_characters_of_its_locale(tmp_path: Path) -> None:
    client = at_terminal(tmp_path, "", "xterm", "--plain", encoding="iso8859-1", **latin_1(tmp_path))
    client.expect("ISO-8859-1")
    client.expect("nombre: ")
    client.sendline("niño y más")
    client.expect("niño y más")
    client.expect("nombre: ")
    client.sendeof()
    client.expect(pexpect.EOF)


def test_bytes_that_are_no_characters_do_not_end_the_line_client(tmp_path: Path) -> None:
    client = at_terminal(tmp_path, "", "xterm", "--plain")
    client.expect("name: ")
    os.write(client.child_fd, b"\xff\x1b[M \xe0\x40\x1b[200~\n")
    client.expect("name: ")
    client.sendeof()
    client.expect(pexpect.EOF)


def test_ctrl_z_suspends_the_line_client_and_fg_comes_back(tmp_path: Path) -> None:
    shell = pexpect.spawn(
        "bash", ["--norc", "--noprofile", "-i"], env=environment(NO_BROKER, tmp_path), encoding="utf-8", timeout=20
    )
    shell.sendline(f"exec 2>&1; '{COMMAND[0]}' -m chat_client --plain")
    shell.expect("name: ")
    shell.send("\x1a")
    shell.expect("Stopped")
    shell.sendline("fg")
    shell.expect("chat_client")
    shell.sendline("a b")
    shell.expect("space in it")
    shell.close(force=True)


def test_a_terminal_that_does_not_control_the_client_is_drawn_on(tmp_path: Path) -> None:
    client = at_terminal(tmp_path, "", "xterm", prefix="setsid --wait")
    client.expect("Tertulia")
    client.send("ann\r")
    client.expect("waiting for the broker")
    client.send("\x11")
    client.expect(pexpect.EOF)
