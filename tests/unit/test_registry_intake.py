"""Requests and events that the registry accepts from clients, operators and the broker, and those that it refuses."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from chat_registry import claims, former_intake, intake
from chat_registry.identity import ReplicaIdentity
from chat_registry.journal import ClaimName, Departed, ExitSession, RenewSession, Requested, ResumeSession
from chat_registry.naming import NameAlike
from chat_registry.refusals import Full, NoSender, TooManyNames
from chat_registry.settings import registry_settings
from chat_registry.state import State
from chat_tokens.tokens import Claims, mint
from chat_wire.codec import encode
from chat_wire.errors import DecodeError, InvalidName, InvalidToken, ReservedName, UnknownType
from chat_wire.messages import Claim, Exit, ListUsers, Release, Renew, Resume
from chat_wire.settings import InvalidSetting
from chat_worker.delivery import Delivery
from chat_worker.errors import NoInbox
from testkit.registry import Journal

INBOX = f"inbox.{'0' * 32}"
ADDRESS = "amq.rabbitmq.reply-to.g1h2"
SECRET = "5" * 64
PRIVATE_KEY = Ed25519PrivateKey.generate()
REPLICA = ReplicaIdentity(
    origin="r1-1",
    private_key=PRIVATE_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    public_key=PRIVATE_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
    vhost="/",
    token_seconds=600,
)
NOW = 1_800_000_000_000_000
DAY = 86_400_000_000
CLAIMS = Claims(
    session="s1", name="bob", author=hashlib.sha256(SECRET.encode()).hexdigest(), partition=3, expires=NOW + 1_000_000
)


def delivery(message: Any, exchange: str = "chat.registry", reply_to: str | None = INBOX, **headers: Any) -> Delivery:
    return Delivery(
        body=message if isinstance(message, bytes) else encode(message),
        queue="registry.commands",
        exchange=exchange,
        routing_key="registry.commands",
        reply_to=reply_to,
        headers=headers,
        offset=None,
        redelivered=False,
    )


def former_entry(request: Resume, now: int) -> Requested:
    return former_intake.entry_for(REPLICA, request, delivery(request), now, State())


def test_the_entry_for_a_claim_does_not_contain_the_secret() -> None:
    request = former_intake.decode_request(delivery(Claim(request="r1", name="Bob", secret=SECRET)))
    assert isinstance(request, Claim)

    entry = former_intake.entry_for(REPLICA, request, delivery(request), NOW, State())

    assert isinstance(entry, ClaimName)
    assert (entry.name, entry.key, entry.time, entry.inbox) == ("Bob", "bob", NOW, INBOX)
    assert entry.distinct
    assert entry.author == hashlib.sha256(SECRET.encode()).hexdigest()
    assert SECRET.encode() not in encode(entry)


def test_a_release_is_valid_only_from_the_exchange_of_operators() -> None:
    release = Release(request="o1", name="bob")

    assert former_intake.decode_request(delivery(release, exchange="chat.operator")) == release
    with pytest.raises(UnknownType):
        former_intake.decode_request(delivery(release))
    with pytest.raises(UnknownType):
        former_intake.decode_request(delivery(Claim(request="r1", name="bob", secret=SECRET), exchange="chat.operator"))


@pytest.mark.parametrize("reply_to", [None, "registry.journal", "inbox.x", f"{INBOX}\n"])
def test_a_request_whose_reply_to_is_not_an_inbox_is_refused(reply_to: str | None) -> None:
    with pytest.raises(NoInbox):
        former_intake.decode_request(delivery(Claim(request="r1", name="bob", secret=SECRET), reply_to=reply_to))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"type":"claim"}',
        encode(Claim(request="", name="bob", secret=SECRET)),
        encode(Claim(request="r" * 65, name="bob", secret=SECRET)),
        encode(Claim(request="r1", name="bob", secret="guess me")),
        encode(Claim(request="r1", name="bob", secret="5" * 129)),
    ],
)
def test_a_malformed_request_is_refused(body: bytes) -> None:
    with pytest.raises((DecodeError, UnknownType)):
        former_intake.decode_request(delivery(body))


def test_an_invalid_name_or_token_makes_no_entry() -> None:
    with pytest.raises(InvalidName):
        claimed("two words")
    with pytest.raises(InvalidToken):
        former_entry(Resume(request="r1", token="forged"), NOW)


@pytest.mark.parametrize(("secret", "days"), [("", 0), ("wrong", 0), (SECRET, 0), (SECRET, 100)])
def test_a_valid_token_or_an_expired_one_with_its_secret_resumes_a_session(secret: str, days: int) -> None:
    entry = former_entry(resume(secret), NOW + days * DAY)

    assert isinstance(entry, ResumeSession)
    assert (entry.session, entry.author) == (CLAIMS.session, CLAIMS.author)
    assert SECRET.encode() not in encode(entry)


@pytest.mark.parametrize("secret", ["", "wrong", CLAIMS.author])
def test_an_expired_token_without_its_secret_is_refused(secret: str) -> None:
    with pytest.raises(InvalidToken, match="expired"):
        former_entry(resume(secret), NOW + DAY)


def resume(secret: str) -> Resume:
    """Return a request to resume by a token that is valid for one second."""
    return Resume(request="r1", token=mint(CLAIMS, REPLICA.private_key), secret=secret)


def test_a_deleted_inbox_is_a_departure_and_another_deleted_queue_is_not() -> None:
    assert former_intake.departure_in("r1-1", delivery(b"", name=INBOX), NOW) == Departed(
        origin="r1-1", time=NOW, inbox=INBOX
    )
    assert former_intake.departure_in("r1-1", delivery(b"", name="registry.commands"), NOW) is None
    assert former_intake.departure_in("r1-1", delivery(b""), NOW) is None


def test_a_private_key_that_cannot_sign_tokens_is_refused() -> None:
    with pytest.raises(InvalidSetting, match="TOKEN_PRIVATE_KEY"):
        registry_settings({"TOKEN_PRIVATE_KEY": "no key"}, "r1")


def claimed(name: str, state: State | None = None) -> ClaimName:
    """Return the entry for a claim of a name, or raise what refuses it."""
    request = Claim(request="r1", name=name, secret=SECRET)
    entry = intake.entry_for(REPLICA, request, delivery(request, reply_to=ADDRESS), NOW, state or State())
    assert isinstance(entry, ClaimName)
    return entry


@pytest.mark.parametrize("name", ["ann", "Ana-María", "o'neil", "ann.b", "7", "山田", "कृष्णा", "user_1", "R2-D2"])
def test_a_name_may_have_punctuation_inside(name: str) -> None:
    assert claimed(name).name == name


@pytest.mark.parametrize(
    "name",
    ["ann.", "ann:", "ann,", "ann_", "ann)", "@ann", "@all", "*", "*ann", "-ann", "-", "_ann", "/ann", "#ann", "'ann"],
)
def test_a_name_that_begins_or_ends_with_punctuation_is_refused(name: str) -> None:
    with pytest.raises(InvalidName, match="begin and end it with a letter or a digit"):
        claimed(name)


@pytest.mark.parametrize("name", ["all", "ALL", "a11", "everyone", "todos", "AQUÍ", "t0dos", "system", "admin", "you"])
def test_a_word_that_has_a_meaning_in_the_chat_is_refused(name: str) -> None:
    with pytest.raises(ReservedName, match="has a meaning in the chat: choose another name"):
        claimed(name)


@pytest.mark.parametrize("name", ["ann.", "*ann", "all"])
def test_a_person_takes_back_a_name_that_an_earlier_version_granted(name: str) -> None:
    journal = Journal()
    journal.claim(name, hashlib.sha256(SECRET.encode()).hexdigest(), "r0", distinct=False)
    assert claimed(name, journal.state).name == name

    journal.release(name, "r1")
    with pytest.raises(InvalidName):
        claimed(name, journal.state)


def test_nobody_else_gets_an_old_name_that_breaks_the_rules_of_form() -> None:
    journal = Journal()
    journal.claim("ann.", "another author", "r0", distinct=False)
    with pytest.raises(InvalidName):
        claimed("ann.", journal.state)


def test_a_new_claim_of_a_name_that_looks_like_one_in_use_is_not_appended() -> None:
    journal = Journal()
    journal.claim("modern", "another author", "r0")

    with pytest.raises(NameAlike, match="modem looks like modern, which is in use: choose another name"):
        claimed("modem", journal.state)


def test_the_journal_decides_a_claim_that_comes_again_and_one_of_a_name_that_is_taken() -> None:
    journal, author = Journal(), hashlib.sha256(SECRET.encode()).hexdigest()
    journal.claim("modern", "another author", "r0", distinct=False)
    journal.claim("modem", "another author", "r00", distinct=False)
    assert claimed("modem", journal.state).name == "modem"

    journal.release("modem", "o1")
    journal.claim("modem", author, "r1", distinct=False)
    assert claimed("modem", journal.state).name == "modem"
    journal.exit(author, "r1", "r2")
    assert claimed("modem", journal.state).name == "modem"


def asked(message: Any, exchange: str, user_id: str | None = None) -> Delivery:
    return replace(delivery(message, exchange=exchange, reply_to=ADDRESS), user_id=user_id)


def test_each_exchange_carries_its_own_requests() -> None:
    requests: dict[str, list[Any]] = {
        "chat.entrance": [Claim(request="r", name="bob", secret=SECRET), Resume(request="r", session="s1", secret="x")],
        "chat.members": [Renew(request="r"), Exit(request="r"), ListUsers(request="r", after=0)],
        "chat.operator": [Release(request="r", name="bob")],
        "chat.registry": [],
    }
    for exchange in requests:
        for sent_to, messages in requests.items():
            for message in messages:
                if exchange == sent_to:
                    assert intake.decode_request(asked(message, exchange)) == message
                else:
                    with pytest.raises(UnknownType):
                        intake.decode_request(asked(message, exchange))


@pytest.mark.parametrize("reply_to", [None, "", "registry.journal", "amq.rabbitmq.reply-to", INBOX, "inbox.x"])
def test_an_answer_goes_to_a_reply_address_only(reply_to: str | None) -> None:
    with pytest.raises(NoInbox):
        intake.decode_request(replace(asked(Renew(request="r"), "chat.members"), reply_to=reply_to))


@pytest.mark.parametrize("message", [Renew(request="r"), Exit(request="r")])
def test_the_broker_vouches_for_the_session_that_asks(message: Renew | Exit) -> None:
    entry = intake.entry_for(REPLICA, message, asked(message, "chat.members", user_id="s1"), NOW, State())

    assert isinstance(entry, RenewSession | ExitSession)
    assert (entry.session, entry.inbox, entry.version) == ("s1", ADDRESS, 2)
    for user_id in (None, ""):
        with pytest.raises(NoSender):
            intake.entry_for(REPLICA, message, asked(message, "chat.members", user_id=user_id), NOW, State())
    with pytest.raises(NoSender):
        intake.asker(REPLICA, ListUsers(request="r", after=0), asked(message, "chat.members"))


def test_a_claim_and_a_resume_carry_the_life_of_tokens_and_no_secret() -> None:
    for message in (Claim(request="r", name="bob", secret=SECRET), Resume(request="r", session="s1", secret=SECRET)):
        entry = intake.entry_for(REPLICA, message, asked(message, "chat.entrance"), NOW, State())
        assert isinstance(entry, ClaimName | ResumeSession)
        assert (entry.life, entry.version, entry.author) == (600, 2, CLAIMS.author)
        assert SECRET.encode() not in encode(entry)


def test_a_claim_for_which_there_is_no_room_is_not_appended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "MAX_NAMES", 2)
    monkeypatch.setattr(claims, "MAX_NAMES_OF_AUTHOR", 1)
    journal = Journal()
    journal.open("ann", CLAIMS.author, "r0")

    with pytest.raises(TooManyNames):
        claimed("bob", journal.state)
    assert claimed("ann", journal.state).name == "ann"
    journal.open("eve", "another author", "r0")
    former = Claim(request="r1", name="bob", secret=SECRET)
    with pytest.raises(Full):
        former_intake.entry_for(REPLICA, former, delivery(former), NOW, journal.state)


@pytest.mark.parametrize(("seconds", "fits"), [("19", False), ("20", True), ("3600", True), ("3601", False)])
def test_the_life_of_tokens_is_bounded(seconds: str, fits: bool) -> None:
    environ = {"TOKEN_PRIVATE_KEY": REPLICA.private_key, "AMQP_URL": "amqp://r@host/%2F;amqp://r@other/%2F"}
    if not fits:
        with pytest.raises(InvalidSetting, match="TOKEN_SECONDS"):
            registry_settings({**environ, "TOKEN_SECONDS": seconds}, "r1")
        return
    settings = registry_settings({**environ, "TOKEN_SECONDS": seconds}, "r1")
    assert (settings.token_seconds, settings.vhost) == (int(seconds), "/")
    assert registry_settings({**environ, "AMQP_URL": "amqp://r@host/room"}, "r1").vhost == "room"
