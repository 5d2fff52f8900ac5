"""Clients of 0.3.0, which a registry still serves: names, sessions and restarts."""

import signal
import time

import pytest

from chat_amqp.publisher import Publication
from chat_tokens.tokens import Claims, mint
from chat_wire.codec import encode
from chat_wire.messages import (
    Claim,
    Exited,
    Granted,
    ListUsers,
    Notice,
    Refused,
    Release,
    Resume,
    SessionEnded,
)
from testkit.chatter import new_request
from testkit.former import FormerChatter
from testkit.processes import Process, System
from testkit.wait import until


@pytest.fixture
def registry(system: System) -> Process:
    return system.started("registry", 1)


def member(system: System, name: str) -> FormerChatter:
    chatter = FormerChatter(system.url("former-client"))
    assert isinstance(chatter.claim(name), Granted)
    return chatter


def dead_letters(system: System) -> int:
    return int(system.broker.queue(system.vhost, "dead-letters").get("messages", 0))


def test_a_name_is_granted_refused_to_others_listed_and_freed_by_exit(system: System, registry: Process) -> None:
    bob, eve = member(system, "Bob"), FormerChatter(system.url("former-client"))
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
def test_a_session_resumes_after_a_lost_connection_and_its_client_learns_of_a_takeover(
    system: System,
) -> None:
    bob = member(system, "bob")
    first = bob.granted
    bob.close()
    back = FormerChatter(system.url("former-client"), secret=bob.secret)
    back.granted = first

    resumed = back.resume()
    assert first
    assert isinstance(resumed, Granted)
    assert (resumed.session, resumed.partition) == (first.session, first.partition)

    second = FormerChatter(system.url("former-client"), secret=bob.secret)
    assert isinstance(second.claim("bob"), Granted)
    back.hear(lambda: SessionEnded(session=first.session, expires=resumed.expires, reason="taken") in back.replies)
    assert back.resume().reason == "session_ended"


@pytest.mark.usefixtures("registry")
def test_an_invalid_request_is_refused_and_a_malformed_one_becomes_a_dead_letter(
    system: System,
) -> None:
    eve = FormerChatter(system.url("former-client"))

    assert eve.claim("two words").reason == "invalid_name"
    assert eve.request(Resume(request="r1", token="forged")).reason == "invalid_token"
    assert dead_letters(system) == 0

    for body in (b"no JSON", encode(Release(request="r2", name="bob")), b'{"type":"posts"}'):
        eve.publish("chat.registry", "registry.commands", body)
        assert isinstance(eve.answer(None), Refused)
        eve.replies.clear()
    claim = encode(Claim(request="r3", name="bob", secret=eve.secret))
    eve.publisher.publish(
        Publication(exchange="chat.registry", routing_key="registry.commands", body=claim, reply_to="registry.journal")
    )
    eve.confirmed()
    until(lambda: dead_letters(system) == 4)
    assert isinstance(eve.claim("bob"), Granted)


def test_a_client_without_an_answer_asks_again_and_the_room_sees_it_join_once(
    system: System, registry: Process
) -> None:
    bob = FormerChatter(system.url("former-client"))
    bob.join()
    claims = [Claim(request=new_request(), name=f"bob{number}", secret=bob.secret) for number in range(100)]
    for claim in claims:
        bob.publish("chat.registry", "registry.commands", encode(claim))
    bob.answer(claims[0].request)
    registry.send(signal.SIGTERM)
    assert registry.popen.wait(10) == 0
    system.started("registry", 2)

    for claim in claims:
        assert isinstance(bob.request(claim), Granted)

    bob.hear(lambda: {("joined", claim.name) for claim in claims} == set(bob.notices()))
    ids = {entry.id: entry for _, entry in bob.entries if isinstance(entry, Notice)}
    assert len(ids) == len(claims)


def test_a_client_with_an_expired_token_resumes_with_its_secret(system: System) -> None:
    system.started("registry")
    bob = member(system, "bob")
    assert bob.granted
    key = (system.broker.secrets_dir / "registry" / "token_private_key").read_text()
    claims = Claims(
        session=bob.granted.session, name="bob", author=bob.granted.author, partition=bob.granted.partition, expires=1
    )
    expired = mint(claims, key)

    back = bob.request(Resume(request=new_request(), token=expired, secret=bob.secret))

    assert isinstance(back, Granted)
    assert back.session == bob.granted.session
    assert back.expires > time.time_ns() // 1000


def test_a_session_that_has_ended_cannot_list_the_users(system: System) -> None:
    system.started("registry")
    bob = member(system, "bob")
    assert isinstance(bob.exit(), Exited)

    refused = bob.request(ListUsers(request=new_request(), token=bob.token, after=0))

    assert isinstance(refused, Refused)
    assert refused.reason == "invalid_token"


@pytest.mark.usefixtures("registry")
def test_the_room_hears_nothing_of_a_quiet_session_and_the_list_of_users_names_it_apart(system: System) -> None:
    ann, bot = member(system, "ann"), FormerChatter(system.url("former-client"))
    ann.join()

    assert isinstance(bot.claim("bot", quiet=True), Granted)
    users = ann.users()
    assert (users.connected, users.disconnected, users.quiet) == (("ann",), (), ("bot",))
    bot.close()
    back = FormerChatter(system.url("former-client"), secret=bot.secret)
    assert isinstance(back.claim("Bot"), Granted)
    ann.hear(lambda: ("joined", "Bot") in ann.notices())

    assert ann.notices() == [("joined", "ann"), ("joined", "Bot")]
    assert ann.users().quiet == ()
