"""The archive answers sessions for which the broker vouches, with their own identity card."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jwt
import orjson
import pytest

from chat_amqp.connection import connect
from chat_amqp.publisher import Publication, Publisher
from chat_archive.questions import MAX_QUESTION_BYTES
from chat_tokens.access import Card, write_card
from chat_tokens.tokens import public_half
from chat_wire.codec import encode
from chat_wire.limits import MAX_REQUEST
from chat_wire.messages import History, Mine, Page, Refused, Search, SessionEnded
from chat_wire.names import sender_id
from testkit.chatter import Chatter, new_request
from testkit.processes import System
from testkit.stream import Speaker
from testkit.tokens import member
from testkit.wait import until

OTHER_KEY = """-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
"""


@dataclass(frozen=True)
class Stage:
    """A system whose archive knows a post of ann's and one of bob's."""

    system: System
    ann: Chatter
    bob: Chatter

    def key(self) -> str:
        return (self.system.broker.secrets_dir / "registry" / "token_private_key").read_text()

    def refusal(self, request: str | None) -> str:
        """Return the reason by which a question of bob's was refused."""
        answer = self.bob.answer(request)
        assert isinstance(answer, Refused), answer
        return answer.reason


@pytest.fixture
def stage(system: System) -> Stage:
    system.started("archive")
    ann, bob = member(system, "ann"), member(system, "bob")
    speaker = Speaker(system)
    speaker.say("s1", "of ann", user="ann", author=sender_id(ann.secret, "ann"))
    speaker.say("s2", "of bob", user="bob", author=sender_id(bob.secret, "bob"))
    speaker.confirmed()
    speaker.close()
    until(lambda: len(bob.ask(history(bob.card)).messages) == 2)
    return Stage(system, ann, bob)


def history(card: str) -> History:
    return History(request=new_request(), card=card, before=None, limit=9)


def mine(card: str) -> Mine:
    return Mine(request=new_request(), card=card, after=0, limit=9)


def texts(page: Any) -> list[str]:
    assert isinstance(page, Page), page
    return [message.text for message in page.messages]


def test_each_session_gets_its_own_posts_and_no_author_of_the_others(stage: Stage) -> None:
    assert texts(stage.ann.ask(mine(stage.ann.card))) == ["of ann"]
    assert texts(stage.bob.ask(mine(stage.bob.card))) == ["of bob"]
    page = stage.bob.ask(history(stage.bob.card))
    assert [message.author for message in page.messages] == ["", ""]


def test_a_session_cannot_ask_with_the_card_of_another(stage: Stage) -> None:
    for ask in (mine, history):
        answer = stage.bob.ask(ask(stage.ann.card))
        assert isinstance(answer, Refused)
        assert answer.reason == "invalid_token"


def test_a_question_without_the_user_of_its_session_is_refused(stage: Stage) -> None:
    question = mine(stage.bob.card)
    line = stage.bob.line
    line.publisher.publish(
        Publication(exchange="chat.questions", routing_key="mine", body=encode(question), reply_to=line.reply_to)
    )
    assert stage.refusal(question.request) == "invalid_token"


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(value if isinstance(value, bytes) else orjson.dumps(value)).decode().rstrip("=")


def unsigned(claims: dict[str, str], _key: str) -> str:
    return jwt.encode(claims, "", algorithm="none")


def signed_with_the_public_key(claims: dict[str, str], key: str) -> str:
    """Return a card with an HMAC over the public key, which everybody may know."""
    text = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}"
    return f"{text}.{part(hmac.digest(public_half(key).encode(), text.encode(), hashlib.sha256))}"


def signed_by_another(claims: dict[str, str], _key: str) -> str:
    return write_card(Card(session=claims["sub"], name=claims["name"], author=claims["author"]), OTHER_KEY)


def with_the_signature_of_another_card(claims: dict[str, str], key: str) -> str:
    own = write_card(Card(session=claims["sub"], name="bob", author="b"), key)
    header, _, signature = own.split(".")
    return f"{header}.{part(claims)}.{signature}"


@pytest.mark.parametrize(
    "forge", [unsigned, signed_with_the_public_key, signed_by_another, with_the_signature_of_another_card]
)
def test_a_forged_card_of_the_asking_session_is_refused(stage: Stage, forge: Callable[[Any, str], str]) -> None:
    assert stage.bob.granted
    claims = {"sub": stage.bob.granted.session, "aud": "services", "name": "ann", "author": stage.ann.secret}
    answer = stage.bob.ask(mine(forge(claims, stage.key())))
    assert isinstance(answer, Refused)
    assert answer.reason == "invalid_token"


def test_the_token_of_a_session_is_no_card(stage: Stage) -> None:
    answer = stage.bob.ask(mine(stage.bob.token))
    assert isinstance(answer, Refused)
    assert answer.reason == "invalid_token"


def test_a_question_of_a_type_that_does_not_fit_its_key_is_refused(stage: Stage) -> None:
    card = stage.bob.card
    search = Search(request=new_request(), card=card, words="of", before=None, limit=9)
    for key, question, reason in (
        ("mine", history(card), "wrong_key"),
        ("mine", search, "wrong_key"),
        ("room.lobby", mine(card), "wrong_key"),
        ("room.cellar", replace(history(card), room="lobby"), "unknown_room"),
        ("room.x.room.lobby", history(card), "unknown_room"),
    ):
        answer = stage.bob.request(replace(question, request=new_request()), "chat.questions", key)
        assert isinstance(answer, Refused), key
        assert answer.reason == reason


def test_the_body_cannot_choose_the_room(stage: Stage) -> None:
    answer = stage.bob.ask(replace(history(stage.bob.card), room="cellar"))
    assert texts(answer) == ["of ann", "of bob"]


def test_every_replica_refuses_a_session_that_has_ended(stage: Stage) -> None:
    assert stage.bob.granted
    ended = SessionEnded(session=stage.bob.granted.session, expires=stage.bob.granted.expires, reason="released")
    registry = connect(stage.system.url("registry"), "registry")
    publisher = Publisher(registry.channel())
    publisher.publish(Publication(exchange="chat.sessions", routing_key="", body=encode(ended)))

    until(lambda: isinstance(stage.bob.ask(history(stage.bob.card)), Refused))
    stage.system.processes[0].kill()
    stage.system.started("archive")

    answer = stage.bob.ask(history(stage.bob.card))
    assert isinstance(answer, Refused)
    assert "ended" in answer.text
    registry.release()


def test_a_long_id_of_a_request_is_not_repeated(stage: Stage) -> None:
    question = replace(history(stage.bob.card), request="r" * (MAX_REQUEST + 1))
    stage.bob.publish("chat.questions", "room.lobby", encode(question))
    assert stage.refusal(None) == "too_long"
    question = replace(question, request="r" * MAX_REQUEST)
    assert texts(stage.bob.ask(question)) == ["of ann", "of bob"]


def test_a_refused_question_leaves_nothing_of_it_behind(stage: Stage) -> None:
    """It leaves no dead letter, and its log line has no word of it."""
    card, archive = stage.bob.card, stage.system.processes[0]
    long = b'{"type":"search","words":"' + b"needle" * (MAX_QUESTION_BYTES // 6) + b'"}'
    bodies = (
        (b"\xff" + card.encode(), "undecodable"),
        (b"[]", "undecodable"),
        (b'{"type":"telegram"}', "unknown_type"),
        (b'{"type":"mine","request":1,"card":"%s"}' % card.encode(), "undecodable"),
        (b'{"type":"mine","type":"%s"}' % (b"needle" * 1000), "undecodable"),
        (long, "too_long"),
    )
    for body, reason in bodies:
        stage.bob.replies.clear()
        stage.bob.publish("chat.questions", "room.lobby", body)
        assert stage.refusal(None) == reason
    line = stage.bob.line
    nowhere = Publication(
        exchange="chat.questions", routing_key="room.lobby", body=long[:99], reply_to="registry.requests"
    )
    line.publisher.publish(nowhere)
    until(lambda: len(archive.lines("question.refused")) >= len(bodies) + 1)

    logged = archive.log.read_text()
    assert card not in logged
    assert "needle" not in logged
    assert stage.system.broker.queue(stage.system.vhost, "dead-letters").get("messages", 0) == 0
