"""Questions of clients of 0.3.0, which carry a token. The next version does not answer them."""

import pytest

from chat_amqp.connection import connect
from chat_amqp.publisher import Publication, Publisher
from chat_wire.codec import encode
from chat_wire.messages import History, Mine, Page, Refused, Search, SessionEnded
from chat_wire.names import sender_id
from testkit.chatter import new_request
from testkit.former import FormerChatter, former_member
from testkit.processes import System
from testkit.stream import Speaker
from testkit.wait import until


def history() -> History:
    return History(request=new_request(), before=None, limit=9)


def test_a_former_client_gets_history_search_and_its_own_posts(either_system: System) -> None:
    either_system.started("archive")
    ann, speaker = former_member(either_system, "ann"), Speaker(either_system)
    speaker.say("s1", "through an old router", user="ann", author=ann.secret)
    speaker.say("s2", "through a new router", user="ann", author=sender_id(ann.secret, "ann"))
    speaker.say("s3", "of somebody else", user="bob", author=sender_id("b", "bob"))
    speaker.confirmed()
    until(lambda: len(ann.ask(history()).messages) == 3)

    found = ann.ask(Search(request=new_request(), words="else", before=None, limit=9))
    own = ann.ask(Mine(request=new_request(), after=0, limit=9))

    assert [message.text for message in found.messages] == ["of somebody else"]
    assert [message.text for message in own.messages] == ["through an old router", "through a new router"]
    speaker.close()


def test_a_former_client_is_refused_with_a_reason_and_the_next_question_is_answered(system: System) -> None:
    archive = system.started("archive")
    ann, late = former_member(system, "ann"), former_member(system, "late", expires_in=-1)
    forger = former_member(system, "forger")
    assert forger.granted
    object.__setattr__(forger.granted, "token", forger.token[:-8] + "AAAAAAAA")

    for chatter, room, reason in (
        (ann, "cellar", "unknown_room"),
        (late, "lobby", "invalid_token"),
        (forger, "lobby", "invalid_token"),
    ):
        answer = chatter.ask(history(), room)
        assert isinstance(answer, Refused)
        assert answer.reason == reason
    assert isinstance(ann.ask(history()), Page)
    assert ann.token not in archive.log.read_text()


def test_the_ended_session_of_a_former_client_is_refused(system: System) -> None:
    system.started("archive")
    ann = former_member(system, "ann")
    assert ann.granted
    ended = SessionEnded(session=ann.granted.session, expires=ann.granted.expires, reason="released")
    registry = connect(system.url("registry"), "registry")
    publisher = Publisher(registry.channel())
    publisher.publish(Publication(exchange="chat.sessions", routing_key="", body=encode(ended)))

    until(lambda: isinstance(ann.ask(history()), Refused))
    registry.release()


@pytest.mark.parametrize("reply_to", ["registry.requests", "inbox.1", None])
def test_a_question_that_names_no_inbox_is_not_answered(system: System, reply_to: str | None) -> None:
    archive = system.started("archive")
    ann: FormerChatter = former_member(system, "ann")
    question = encode(History(request="lost", token=ann.token, room="lobby", before=None, limit=1))

    ann.publisher.publish(
        Publication(exchange="chat.archive", routing_key="archive.queries", body=question, reply_to=reply_to)
    )

    assert isinstance(ann.ask(history()), Page)
    assert [line["reason"] for line in archive.lines("question.refused")] == ["no_inbox"]
    assert system.broker.queue(system.vhost, "registry.requests").get("messages", 0) == 0
