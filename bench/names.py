"""Scenario names: many concurrent claims, each released by an operator, with 1 and 2 registry replicas.

One connection may do both. The baseline is the bare two hops. The case "one at a time" has the times of claims that
nobody else disturbs.
"""

import random
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterator

from bench.baseline_hops import QUEUE, ROOM, hops
from bench.linked import Link, arrival, linked
from bench.result import Result, Target
from bench.stage import Stage
from bench.times import Times
from bench.usage import processor_seconds
from chat_amqp import topology
from chat_wire.codec import decode, encode
from chat_wire.messages import Claim, Granted, Probe, Refused, Release, Released, SessionEnded

IN_FLIGHT = 256
SILENT_SECONDS = 30
CLAIMS = (topology.ENTRANCE.name, "")
RELEASES = (topology.OPERATOR.name, topology.OPERATIONS.routing_key)
TARGET = Target(at_least=0.5)

# Sends the next request and returns True, or returns False while there is none to send; counts the new answers.
Send = Callable[[Link], bool]
Count = Callable[[Link], int]
Answer = Granted | Released


def run(stage: Stage, quick: bool) -> Iterator[Result]:
    """Measure the answered commands per second: half of them claim a name, half free one."""
    names, alone = (200, 50) if quick else (5_000, 500)
    yield _one_at_a_time(stage, alone)
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
        with linked(stage.operator_url) as link:
            commands = Commands(names)
            before = processor_seconds(pids), processor_seconds([stage.broker_process])
            seconds = _pass(link, 2 * names, commands.send, commands.count_answers)
            after = processor_seconds(pids), processor_seconds([stage.broker_process])
            _check_nobody_is_left(link, names)
    return 2 * names / seconds, {
        "registry, processor ms per command": 1000 * (after[0] - before[0]) / (2 * names),
        "broker, processor ms per command": 1000 * (after[1] - before[1]) / (2 * names),
    }


def _one_at_a_time(stage: Stage, names: int) -> Result:
    took = Times()
    with stage.system() as system:
        system.started("registry")
        with linked(stage.operator_url) as link:
            for number in range(names):
                begun = time.perf_counter()
                granted = _ask(link, _claim(number))
                took.add(time.perf_counter() - begun)
                assert isinstance(granted, Granted)
    return Result(
        scenario="names",
        case="claims one at a time",
        unit="ms p99",
        ours=took.percentile(99),
        more={"p50, ms": took.percentile(50), "max, ms": took.percentile(100)},
    )


def _bare(stage: Stage, messages: int) -> tuple[float, dict[str, float]]:
    url, body = stage.operator_url, encode(Claim(request="r" * 32, name="baseline", secret="s" * 64))

    def send(link: Link) -> bool:
        link.publish(QUEUE.exchange.name, QUEUE.routing_key, body)
        return True

    with stage.emptied(), hops(url) as pid, linked(url) as link:
        link.attach(ROOM)
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
    """Claims names, and releases each one after its grant."""

    def __init__(self, names: int) -> None:
        """Prepare the claims.

        Args:
            names: The number of names.
        """
        self._claims = deque(map(_claim, range(names)))
        self._releases: deque[Release] = deque()

    def send(self, link: Link) -> bool:
        """Publish the next command, if there is one; return whether there was."""
        waiting = self._releases or self._claims
        if waiting:
            _publish(link, waiting.popleft())
        return bool(waiting)

    def count_answers(self, link: Link) -> int:
        """Return the number of new answers; raises AssertionError if one is a refusal."""
        answers = _answers(link)
        for answer in answers:
            if isinstance(answer, Granted):
                self._releases.append(Release(request=secrets.token_hex(16), name=answer.name))
        return len(answers)


def _claim(number: int) -> Claim:
    """Return a claim of a new person."""
    return Claim(request=secrets.token_hex(16), name=f"name{number}", secret=secrets.token_hex(32))


def _check_nobody_is_left(link: Link, names: int) -> None:
    """Check that other people can claim some of the names."""
    for number in random.sample(range(names), 10):
        assert isinstance(_ask(link, _claim(number)), Granted)


def _ask(link: Link, request: Claim) -> Answer:
    _publish(link, request)
    (answer,) = arrival(link, lambda: _answers(link))
    return answer


def _answers(link: Link) -> list[Answer]:
    """Return the answers that have arrived, without the news for the sessions that were released."""
    replies: list[object] = [
        decode(body, Granted, Released, Refused, SessionEnded, Probe) for body in link.pop_replies()
    ]
    answers = [reply for reply in replies if isinstance(reply, Granted | Released)]
    refused = [reply for reply in replies if isinstance(reply, Refused)]
    assert not refused, refused
    return answers


def _publish(link: Link, request: Claim | Release) -> None:
    link.publish(*(CLAIMS if isinstance(request, Claim) else RELEASES), encode(request))
