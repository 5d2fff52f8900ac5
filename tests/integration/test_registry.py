"""Registry replicas on a real broker: names, sessions and restarts."""

import secrets
import signal
import time
from typing import Any

import pytest

from chat_admin.errors import NotReleased
from chat_admin.release import release
from chat_amqp import topology
from chat_amqp.publisher import Publication
from chat_wire.codec import encode
from chat_wire.messages import (
    Claim,
    Exit,
    Exited,
    Granted,
    ListUsers,
    Refused,
    Release,
    Renew,
    Resume,
    SessionEnded,
)
from testkit.chatter import Chatter, new_request
from testkit.processes import Process, System
from testkit.wait import until


@pytest.fixture
def registry(system: System) -> Process:
    return system.started("registry", 1)


def member(system: System, name: str) -> Chatter:
    chatter = Chatter(system.url("client"))
    assert isinstance(chatter.claim(name), Granted)
    return chatter


def send_claim(chatter: Chatter, claim: Claim) -> None:
    chatter.entrance.publish(topology.ENTRANCE.name, "", encode(claim))


def dead_letters(system: System) -> int:
    return int(system.broker.queue(system.vhost, "dead-letters").get("messages", 0))


def test_a_name_is_granted_refused_to_others_listed_and_freed_by_exit(system: System, registry: Process) -> None:
    bob, eve = member(system, "Bob"), Chatter(system.url("client"))
    bob.join()

    refusal = eve.claim("bob")
    assert isinstance(refusal, Refused)
    assert (refusal.reason, refusal.text) == ("name_taken", "bob is taken: choose another name")
    assert bob.users().connected == ("Bob",)
    assert bob.exit() == Exited(request=bob.replies[-1].request)

    assert isinstance(eve.claim("bob"), Granted)
    bob.hear(lambda: len(bob.notices()) == 3)
    assert bob.notices() == [("joined", "Bob"), ("left", "Bob"), ("joined", "bob")]
    assert [line["user"] for line in registry.lines("session.claimed")] == ["Bob", "bob"]


@pytest.mark.usefixtures("registry")
def test_a_session_comes_back_through_the_entrance_and_its_client_learns_of_a_takeover(system: System) -> None:
    bob = member(system, "bob")
    first = bob.granted
    assert first
    bob.leave_broker()

    resumed = bob.resume()
    assert isinstance(resumed, Granted)
    assert (resumed.session, resumed.partition, resumed.card) == (first.session, first.partition, first.card)
    assert resumed.expires >= first.expires

    second = Chatter(system.url("client"), secret=bob.secret)
    assert isinstance(second.claim("bob"), Granted)
    (ended,) = bob.hear(lambda: [reply for reply in bob.replies if isinstance(reply, SessionEnded)])
    assert (ended.session, ended.reason) == (first.session, "taken")
    refused = bob.resume()
    assert (refused.reason, "joined again" in refused.text) == ("session_ended", True)


@pytest.mark.usefixtures("registry")
def test_a_session_comes_back_only_with_the_secret_of_its_author(system: System) -> None:
    bob, eve = member(system, "bob"), Chatter(system.url("client"))
    assert bob.granted

    for secret in (eve.secret, "", bob.granted.author):
        refused = eve.request(Resume(request=new_request(), session=bob.granted.session, secret=secret))
        assert isinstance(refused, Refused)
        assert refused.reason == "session_ended"


@pytest.mark.usefixtures("registry")
def test_a_renewal_gives_a_later_token_and_the_same_card(system: System) -> None:
    bob = member(system, "bob")
    first = bob.granted
    assert first

    def renewed_later() -> Granted | None:
        granted: Granted = bob.renew()
        return granted if granted.expires > first.expires else None

    renewed = until(renewed_later)
    assert renewed
    assert (renewed.session, renewed.card) == (first.session, first.card)
    assert renewed.token != first.token
    assert bob.users().connected == ("bob",)


@pytest.mark.usefixtures("registry")
def test_an_operator_releases_a_name(system: System) -> None:
    bob = member(system, "bob")

    assert release(system.url("admin"), "BOB") == "bob"

    bob.hear(lambda: [reply.reason for reply in bob.replies if isinstance(reply, SessionEnded)] == ["released"])
    with pytest.raises(NotReleased, match="not released"):
        release(system.url("admin"), "BOB")


@pytest.mark.usefixtures("registry")
def test_the_exchange_says_who_may_ask_for_what(system: System) -> None:
    bob = member(system, "bob")
    claim = Claim(request="r1", name="eve", secret=bob.secret)
    of_members: list[Any] = [Renew(request="r2"), Exit(request="r3"), ListUsers(request="r4", after=0)]

    for number, message in enumerate([*of_members, Release(request="r5", name="bob"), b"no JSON"], 1):
        bob.entrance.publish(topology.ENTRANCE.name, "", message if isinstance(message, bytes) else encode(message))
        refused = bob.answer(None)
        assert refused.reason == ("undecodable" if number == 5 else "unknown_type")
        bob.replies.clear()
    for message in (claim, Release(request="r6", name="bob")):
        bob.publish(topology.MEMBERS.name, "", encode(message))
        assert bob.answer(None).reason == "unknown_type"
        bob.replies.clear()
    until(lambda: dead_letters(system) == 7)
    assert bob.users().connected == ("bob",)


@pytest.mark.usefixtures("registry")
def test_a_request_that_the_broker_does_not_vouch_for_is_refused(system: System) -> None:
    bob = member(system, "bob")

    for message in (Renew(request="r1"), Exit(request="r2"), ListUsers(request="r3", after=0)):
        body, reply_to = encode(message), topology.REPLY_TO
        bob.publisher.publish(Publication(exchange=topology.MEMBERS.name, routing_key="", body=body, reply_to=reply_to))
        assert bob.answer(message.request).reason == "no_sender"

    assert bob.users().connected == ("bob",)
    assert dead_letters(system) == 0


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize("reply_to", ["registry.journal", "dead-letters", "", "inbox.x"])
def test_a_claim_whose_answer_would_go_to_a_queue_becomes_a_dead_letter(system: System, reply_to: str) -> None:
    eve = Chatter(system.url("client"))
    claim = Publication(
        exchange=topology.ENTRANCE.name,
        routing_key="",
        body=encode(Claim(request="r3", name="bob", secret=eve.secret)),
        reply_to=reply_to,
    )
    eve.entrance.publisher.publish(claim)

    until(lambda: dead_letters(system) == 1)
    assert isinstance(eve.claim("bob"), Granted)


def test_one_of_two_simultaneous_claims_through_two_replicas_wins_each_time(system: System, registry: Process) -> None:
    replicas = [registry, system.started("registry", 2)]
    ann, bob = Chatter(system.url("client")), Chatter(system.url("client"))
    names = [f"name{number}" for number in range(200)]

    for name in names:
        for chatter in (ann, bob):
            send_claim(chatter, Claim(request=f"claim of {name}", name=name, secret=secrets.token_hex(32)))

    answers = [{name: chatter.answer(f"claim of {name}") for name in names} for chatter in (ann, bob)]
    for name in names:
        assert {type(answer[name]) for answer in answers} == {Granted, Refused}, name
    assert all(replica.lines("session.claimed") for replica in replicas)


def test_one_replica_continues_when_the_other_is_killed(system: System, registry: Process) -> None:
    second = system.started("registry", 2)
    bob = member(system, "bob")

    for victim, number in ((registry, 1), (second, 2)):
        victim.kill()
        request = Claim(request=new_request(), name=f"rob{number}", secret=bob.secret)
        assert isinstance(bob.request(request), Granted)
        assert bob.users().connected == ("bob",)
        system.started("registry", number)


def test_another_replica_answers_a_repeated_claim_with_the_same_session(system: System, registry: Process) -> None:
    bob = Chatter(system.url("client"))
    claim = Claim(request=new_request(), name="bob", secret=bob.secret)
    granted = bob.request(claim)
    system.started("registry", 2)
    registry.kill()
    bob.replies.clear()

    again = bob.request(claim)

    assert (again.session, again.card) == (granted.session, granted.card)
    assert again.expires >= granted.expires


def test_a_client_without_an_answer_asks_again_and_gets_the_same_session(system: System, registry: Process) -> None:
    bob = Chatter(system.url("client"))
    claims = [Claim(request=new_request(), name=f"bob{number}", secret=bob.secret) for number in range(30)]
    for claim in claims:
        send_claim(bob, claim)
    first = bob.answer(claims[0].request)
    registry.send(signal.SIGTERM)
    assert registry.popen.wait(10) == 0
    system.started("registry", 2)
    bob.replies.clear()

    granted = [bob.request(claim) for claim in claims]

    assert granted[0].session == first.session
    assert len({each.session for each in granted}) == len(claims)


@pytest.mark.usefixtures("registry")
def test_a_session_that_has_ended_can_do_nothing(system: System) -> None:
    bob = member(system, "bob")
    assert isinstance(bob.exit(), Exited)

    assert bob.request(ListUsers(request=new_request(), after=0)).reason == "invalid_token"
    assert bob.request(Renew(request=new_request())).reason == "session_ended"
    assert isinstance(bob.exit(), Exited)


@pytest.mark.usefixtures("registry")
def test_the_room_hears_nothing_of_a_quiet_session_and_the_list_of_users_names_it_apart(system: System) -> None:
    ann, bot = member(system, "ann"), Chatter(system.url("client"))
    ann.join()

    assert isinstance(bot.claim("bot", quiet=True), Granted)
    users = ann.users()
    assert (users.connected, users.disconnected, users.quiet) == (("ann",), (), ("bot",))
    bot.close()
    back = Chatter(system.url("client"), secret=bot.secret)
    assert isinstance(back.claim("Bot"), Granted)
    ann.hear(lambda: ("joined", "Bot") in ann.notices())

    assert ann.notices() == [("joined", "ann"), ("joined", "Bot")]
    assert ann.users().quiet == ()


@pytest.mark.usefixtures("registry")
def test_a_name_that_looks_like_one_in_use_is_refused_and_the_holder_comes_back(system: System) -> None:
    ann, eve = member(system, "modern"), Chatter(system.url("client"))

    refused = eve.claim("modem")
    assert (refused.reason, refused.text) == (
        "name_alike",
        "modem looks like modern, which is in use: choose another name",
    )
    assert eve.claim("ann.").reason == "invalid_name"
    assert eve.claim("@all").reason == "invalid_name"
    assert eve.claim("a11").reason == "reserved_name"
    assert isinstance(ann.claim("Modern"), Granted)
    assert isinstance(eve.claim("eve"), Granted)


def test_of_two_names_that_look_alike_one_wins_when_two_replicas_read_both_at_once(
    system: System, registry: Process
) -> None:
    replicas = [registry, system.started("registry", 2)]
    ann, eve = Chatter(system.url("client")), Chatter(system.url("client"))
    pairs = [(f"modern{number}", f"modem{number}") for number in range(100)]

    for pair in pairs:
        for chatter, name in zip((ann, eve), pair, strict=True):
            send_claim(chatter, Claim(request=f"claim of {name}", name=name, secret=secrets.token_hex(32)))

    for one, other in pairs:
        answers = {type(ann.answer(f"claim of {one}")), type(eve.answer(f"claim of {other}"))}
        assert answers == {Granted, Refused}, one
    assert all(replica.lines("session.claimed") for replica in replicas)


@pytest.mark.usefixtures("registry")
def test_an_author_gets_32_names_and_not_one_more(system: System) -> None:
    bob = Chatter(system.url("client"))
    answers = [
        bob.request(Claim(request=new_request(), name=f"bob{number}", secret=bob.secret)) for number in range(33)
    ]

    assert [type(answer) for answer in answers] == [Granted] * 32 + [Refused]
    assert answers[-1].reason == "too_many_names"
    assert isinstance(Chatter(system.url("client")).claim("bob33"), Granted)


def test_without_events_a_session_is_lost_and_an_unused_name_is_free_when_the_token_expires(system: System) -> None:
    registry = system.started("registry", TOKEN_SECONDS="20")
    eve, bob, ghost = member(system, "eve"), member(system, "bob"), Chatter(system.url("client"))
    eve.join()
    begun = time.monotonic()
    assert isinstance(ghost.request(Claim(request=new_request(), name="ghost", secret=ghost.secret)), Granted)
    assert registry.lines("connections.unavailable")
    bob.leave_broker()
    assert eve.users().connected == ("bob", "eve")

    eve.hear(lambda: isinstance(eve.renew(), Granted) and ("lost", "bob") in eve.notices(), 40)

    assert time.monotonic() - begun > 15
    assert eve.users().disconnected == ("bob",)
    until(lambda: isinstance(Chatter(system.url("client")).claim("ghost"), Granted))
    assert "ghost" not in [user for _, user in eve.notices()][:-1]
