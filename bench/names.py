"""Scenario names: many concurrent claims and exits of one client, with 1 and 2 registry replicas.

The baseline is the bare two hops.
"""

import secrets
import time
from collections import deque
from collections.abc import Callable, Iterator

from bench.baseline_hops import QUEUE, ROOM, hops
from bench.linked import arrival, linked
from bench.result import Result, Target
from bench.stage import Stage
from bench.usage import processor_seconds
from chat_client.link import Link
from chat_wire.codec import decode, encode
from chat_wire.messages import Claim, Exit, Exited, Granted, ListUsers, Probe, Refused, Users

IN_FLIGHT = 256
SILENT_SECONDS = 30
TARGET = Target(at_least=0.5)

# Sends the next request and returns True, or returns False while there is none to send; counts the new answers.
Send = Callable[[Link], bool]
Count = Callable[[Link], int]
Answer = Granted | Exited | Users


def run(stage: Stage, quick: bool) -> Iterator[Result]:
    """Measure the answered commands per second: half of them claim a name, half free one."""
    names = 200 if quick else 5_000
    for replicas in (1, 2):
        ours, more = _registry(stage, replicas, names)
        baseline, more_of_baseline = _bare(stage, 2 * names)
        yield Result(
            scenario="names",
            case=f"{replicas} replica" + "s" * (replicas > 1),
            unit="commands/s",
            ours=ours,
            baseline=baseline,
            baseline_name="quorum queue to stream and back",
            target=TARGET,
            more=more | more_of_baseline,
        )


def _registry(stage: Stage, replicas: int, names: int) -> tuple[float, dict[str, float]]:
    with stage.system() as system:
        pids = [system.started("registry", replica).popen.pid for replica in range(1, replicas + 1)]
        with linked(system.url("former-client")) as link:
            commands = Commands(names)
            before = processor_seconds(pids), processor_seconds([stage.broker_process])
            seconds = _pass(link, 2 * names, commands.send, commands.count_answers)
            after = processor_seconds(pids), processor_seconds([stage.broker_process])
            _check_nobody_is_left(link)
    return 2 * names / seconds, {
        "registry, processor ms per command": 1000 * (after[0] - before[0]) / (2 * names),
        "broker, processor ms per command": 1000 * (after[1] - before[1]) / (2 * names),
    }


def _bare(stage: Stage, messages: int) -> tuple[float, dict[str, float]]:
    url, body = stage.operator_url, encode(Claim(request="r" * 32, name="baseline", secret="s" * 64))

    def send(link: Link) -> bool:
        link.publish(QUEUE.exchange.name, QUEUE.routing_key, body)
        return True

    with stage.emptied(), hops(url) as pid, linked(url) as link:
        link.attach(ROOM, "next")
        before = processor_seconds([pid])
        seconds = _pass(link, messages, send, lambda link: len(link.pop_entries()))
        used = processor_seconds([pid]) - before
    return messages / seconds, {"bare relay, processor ms per message": 1000 * used / messages}


def _pass(link: Link, requests: int, send: Send, count_answers: Count) -> float:
    """Keep as many requests in flight as allowed until all are answered; return the duration in seconds."""
    begun = heard = time.monotonic()
    sent = answered = 0
    while answered < requests:
        while sent < requests and sent - answered < IN_FLIGHT and send(link):
            sent += 1
        link.wait(1)
        link.drain()
        if new := count_answers(link):
            answered, heard = answered + new, time.monotonic()
        silent = f"only {answered} of {requests} requests were answered within {SILENT_SECONDS} s"
        assert time.monotonic() < heard + SILENT_SECONDS, silent
    assert not link.pop_returned()
    return time.monotonic() - begun


class Commands:
    """Claims names, and frees each one after its grant."""

    def __init__(self, names: int) -> None:
        """Prepare the claims.

        Args:
            names: The number of names.
        """
        secret = secrets.token_hex(32)
        self._claims = deque(
            Claim(request=secrets.token_hex(16), name=f"name{number}", secret=secret) for number in range(names)
        )
        self._exits: deque[Exit] = deque()

    def send(self, link: Link) -> bool:
        """Publish the next command, if there is one; return whether there was."""
        waiting = self._exits or self._claims
        if waiting:
            _publish(link, waiting.popleft())
        return bool(waiting)

    def count_answers(self, link: Link) -> int:
        """Return the number of new answers; raises AssertionError if one is a refusal."""
        answers = _answers(link)
        for answer in answers:
            if isinstance(answer, Granted):
                self._exits.append(Exit(request=secrets.token_hex(16), token=answer.token))
        return len(answers)


def _check_nobody_is_left(link: Link) -> None:
    """Check that only the name of a last, new member is held."""
    granted = _ask(link, Claim(request="last", name="last", secret=secrets.token_hex(32)))
    assert isinstance(granted, Granted)
    users = _ask(link, ListUsers(request="users", token=granted.token, after=granted.offset))
    assert isinstance(users, Users)
    assert users.connected + users.disconnected == ("last",), users


def _ask(link: Link, request: Claim | ListUsers) -> Answer:
    _publish(link, request)
    (answer,) = arrival(link, lambda: _answers(link))
    return answer


def _answers(link: Link) -> list[Answer]:
    replies: list[object] = [decode(body, Granted, Exited, Users, Refused, Probe) for body in link.pop_replies()]
    answers = [reply for reply in replies if isinstance(reply, Granted | Exited | Users)]
    refused = [reply for reply in replies if isinstance(reply, Refused)]
    assert not refused, refused
    return answers


def _publish(link: Link, request: Claim | Exit | ListUsers) -> None:
    link.publish("chat.registry", "registry.commands", encode(request))
