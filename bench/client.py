"""Scenario client: the full-screen client as a process at a pseudo-terminal of 80 x 24."""

import multiprocessing
import os
import random
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psutil

from bench.feed import batches
from bench.result import Result, Target
from bench.screen import Screen
from bench.sender import joined, send_all
from bench.stage import Stage
from bench.times import Times
from bench.usage import memory, processor_seconds
from chat_amqp import topology
from chat_amqp.connection import connect
from chat_amqp.publisher import Publication, Publisher
from testkit.chatter import Chatter
from testkit.processes import System
from testkit.wait import until

QUESTION = "Choose your name"
WELCOME = "you are bench in lobby"
PLACEHOLDER = "message, or /help"
FIRST, LAST = "the first message ever", "the last message"
# No message, name or escape sequence contains these letters: the client writes one only as the echo of its key.
LETTERS = "αβγδεζηθικλμνξοπρστυφχψω"
# The bytes that a terminal sends for Ctrl+U, F6 and Home.
DELETE_LINE, TO_TRANSCRIPT, HOME = "\x15", "\x1b[17~", "\x1b[H"
KEYS_A_SECOND = 10
TALKERS = tuple(f"talker{number}" for number in range(10))
MESSAGES_A_SECOND, MOST_SAID = 1_000, 600_000
LESS = 10  # the niceness of all other processes: a person's client has its processor for itself
REST_SECONDS = 5.0
RECORDED_SECONDS = 120
MOST_BEHIND_SECONDS = 0.1
SCROLLED_SECONDS = 600
BETWEEN_KEYS_SECONDS = 0.01

PROMPT = Target(at_most=500)
ECHO = Target(at_most=50)
SMALL = Target(at_most=150)
IDLE = Target(at_most=1)


def run(stage: Stage, quick: bool) -> Iterator[Result]:
    """Measure the time to the name prompt, the echo of a key, memory and processor time."""
    yield _prompt(stage, 5 if quick else 20)
    with stage.system() as system:
        for service in system.all():
            psutil.Process(service.popen.pid).nice(LESS)
        with _joined(system, stage.new_directory()) as screen:
            yield _at_rest(screen)
            yield _echo(stage, system, screen, 50 if quick else 300)
    with stage.system() as system:
        yield _scrolled(system, stage.new_directory(), 5_000 if quick else 100_000)


def _prompt(stage: Stage, times: int) -> Result:
    state = stage.new_directory()
    _seconds_to_prompt(stage.client_url, state)  # the first start compiles the modules, as an installation does
    took = sorted(1000 * _seconds_to_prompt(stage.client_url, state) for _ in range(times))
    return Result(
        scenario="client",
        case="to the name prompt",
        unit="ms max",
        ours=took[-1],
        target=PROMPT,
        more={"p50, ms": took[times // 2], "min, ms": took[0]},
    )


def _seconds_to_prompt(url: str, state: Path) -> float:
    begun = time.monotonic()
    with Screen(url, state) as screen:
        return screen.shows(QUESTION) - begun


@contextmanager
def _joined(system: System, state: Path) -> Iterator[Screen]:
    """Start a client that is in the room."""
    with Screen(system.url("client"), state, "--name", "bench") as screen:
        screen.shows(WELCOME)
        screen.shows_by(time.monotonic() + 1)
        yield screen


def _at_rest(screen: Screen) -> Result:
    used = processor_seconds([screen.popen.pid])
    screen.shows_by(time.monotonic() + REST_SECONDS)
    percent = 100 * (processor_seconds([screen.popen.pid]) - used) / REST_SECONDS
    megabytes = memory(screen.popen.pid)
    return Result(
        scenario="client", case="at rest", unit="%", ours=percent, target=IDLE, more={"memory, MB": megabytes}
    )


def _echo(stage: Stage, system: System, screen: Screen, keys: int) -> Result:
    """Measure the time from a key to its echo, while the room receives 1,000 messages per second."""
    times = Times()
    with _talking(stage.operator_url):
        screen.shows("user")
        used, begun, before = processor_seconds([screen.popen.pid]), time.monotonic(), _recorded(system)
        for number in range(keys):
            screen.shows_by(begun + (number + random.random()) / KEYS_A_SECOND)
            times.add(_seconds_to_echo(screen, number))
        seconds = time.monotonic() - begun
        used = processor_seconds([screen.popen.pid]) - used
        rate = (_recorded(system) - before) / seconds
    stopped = time.monotonic()
    _say(system.url("client"), LAST)
    behind = screen.shows(LAST) - stopped
    return Result(
        scenario="client",
        case="echo at 1,000 messages/s",
        unit="ms p99",
        ours=times.percentile(99),
        target=ECHO,
        more={
            "p50, ms": times.percentile(50),
            "max, ms": times.percentile(100),
            "messages/s": rate,
            "delay of the next message, ms": 1000 * behind,
            "client, processor %": 100 * used / seconds,
            "memory, MB": memory(screen.popen.pid),
        },
    )


def _seconds_to_echo(screen: Screen, number: int) -> float:
    """Return the seconds until the next letter appears; first delete the line if it has all letters."""
    letter = LETTERS[number % len(LETTERS)]
    if number and letter == LETTERS[0]:
        screen.press(DELETE_LINE)
        screen.shows(PLACEHOLDER)
    begun = time.monotonic()
    screen.press(letter)
    return screen.shows(letter) - begun


def _say(url: str, text: str) -> None:
    """Let another person join and post a text."""
    with closing(Chatter(url)) as somebody:
        somebody.claim("somebody")
        somebody.post(text)
        somebody.confirmed()


@contextmanager
def _talking(url: str) -> Iterator[None]:
    """Fill the room with 1,000 messages per second, as entries of one message each, from another process.

    There are no senders and no router: they would use the processors that a person's client has for itself.
    """
    process = multiprocessing.get_context("spawn").Process(target=_talk, args=(url,), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()


def _talk(url: str) -> None:
    os.nice(LESS)
    due = 0.0
    with connect(url, "bench") as connection:
        publisher = Publisher(connection.channel())
        for body in batches(MOST_SAID, 1):
            due = max(due + 1 / MESSAGES_A_SECOND, time.monotonic() - MOST_BEHIND_SECONDS)
            publisher.publish(Publication(exchange=topology.ROOM.name, routing_key="lobby", body=body))
            while (left := due - time.monotonic()) > 0:
                with suppress(TimeoutError):
                    connection.drain_events(timeout=left)


def _recorded(system: System) -> int:
    """Return the number of messages in log.txt."""
    return (system.data / "log.txt").read_bytes().count(b"\n")


def _scrolled(system: System, state: Path, messages: int) -> Result:
    system.all()
    _fill(system, messages)
    with _joined(system, state) as screen:
        before, begun = memory(screen.popen.pid), time.monotonic()
        _scroll(screen)
        took, megabytes = time.monotonic() - begun, memory(screen.popen.pid)
    return Result(
        scenario="client",
        case=f"{messages:,} scrolled through",
        unit="MB",
        ours=megabytes,
        target=SMALL,
        more={"memory before, MB": before, "duration, s": took},
    )


def _fill(system: System, messages: int) -> None:
    """Let people post a unique first text and then many messages."""
    url = system.url("client")
    _say(url, FIRST)
    with joined(url, TALKERS) as senders:
        for sender in senders:
            sender.write(messages // len(TALKERS))
        send_all(senders)
    until(lambda: _recorded(system) == messages + 1, RECORDED_SECONDS, "the archive has recorded all messages")


def _scroll(screen: Screen) -> None:
    """Press Home until the client shows the first message of the room."""
    screen.press(TO_TRANSCRIPT)
    deadline = time.monotonic() + SCROLLED_SECONDS
    while not screen.shows_by(time.monotonic() + BETWEEN_KEYS_SECONDS, FIRST):
        screen.press(HOME)
        assert time.monotonic() < deadline, f"the first message is not on the screen after {SCROLLED_SECONDS} s"
