"""What the registry takes from clients, operators and the broker, and what it refuses."""

import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from chat_registry import intake
from chat_registry.journal import ClaimName, Departed, ResumeSession
from chat_registry.settings import registry_settings
from chat_tokens.tokens import Claims, mint
from chat_wire.codec import encode
from chat_wire.errors import DecodeError, InvalidName, InvalidToken, UnknownType
from chat_wire.messages import Claim, Release, Resume
from chat_wire.settings import InvalidSetting
from chat_worker.delivery import Delivery
from chat_worker.errors import NoInbox

INBOX = f"inbox.{'0' * 32}"
SECRET = "5" * 64
PRIVATE_KEY = Ed25519PrivateKey.generate()
KEY = PRIVATE_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
DESK = intake.Desk(origin="r1-1", public_key=KEY)
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


def test_a_claim_becomes_an_entry_that_has_no_secret() -> None:
    request = intake.request_in(delivery(Claim(request="r1", name="Bob", secret=SECRET)))
    assert isinstance(request, Claim)

    entry = intake.entry_for(DESK, request, INBOX, NOW)

    assert isinstance(entry, ClaimName)
    assert (entry.name, entry.key, entry.time, entry.inbox) == ("Bob", "bob", NOW, INBOX)
    assert entry.author == hashlib.sha256(SECRET.encode()).hexdigest()
    assert SECRET.encode() not in encode(entry)


def test_only_the_operators_exchange_brings_a_release() -> None:
    release = Release(request="o1", name="bob")

    assert intake.request_in(delivery(release, exchange="chat.operator")) == release
    with pytest.raises(UnknownType):
        intake.request_in(delivery(release))
    with pytest.raises(UnknownType):
        intake.request_in(delivery(Claim(request="r1", name="bob", secret=SECRET), exchange="chat.operator"))


@pytest.mark.parametrize("reply_to", [None, "registry.journal", "inbox.x", f"{INBOX}\n"])
def test_an_answer_goes_to_inboxes_only(reply_to: str | None) -> None:
    with pytest.raises(NoInbox):
        intake.request_in(delivery(Claim(request="r1", name="bob", secret=SECRET), reply_to=reply_to))


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
def test_what_is_malformed_is_refused(body: bytes) -> None:
    with pytest.raises((DecodeError, UnknownType)):
        intake.request_in(delivery(body))


def test_names_and_tokens_are_checked_before_anything_is_journaled() -> None:
    with pytest.raises(InvalidName):
        intake.entry_for(DESK, Claim(request="r1", name="two words", secret=SECRET), INBOX, NOW)
    with pytest.raises(InvalidToken):
        intake.entry_for(DESK, Resume(request="r1", token="forged"), INBOX, NOW)


@pytest.mark.parametrize(("secret", "days"), [("", 0), ("wrong", 0), (SECRET, 0), (SECRET, 100)])
def test_who_has_a_token_or_had_one_and_has_its_secret_resumes(secret: str, days: int) -> None:
    entry = intake.entry_for(DESK, resume(secret), INBOX, NOW + days * DAY)

    assert isinstance(entry, ResumeSession)
    assert (entry.session, entry.author) == (CLAIMS.session, CLAIMS.author)
    assert SECRET.encode() not in encode(entry)


@pytest.mark.parametrize("secret", ["", "wrong", CLAIMS.author])
def test_a_token_that_has_expired_is_nothing_without_its_secret(secret: str) -> None:
    with pytest.raises(InvalidToken, match="expired"):
        intake.entry_for(DESK, resume(secret), INBOX, NOW + DAY)


def resume(secret: str) -> Resume:
    """A request to resume by a token that is good for a second."""
    pem = PRIVATE_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return Resume(request="r1", token=mint(CLAIMS, pem), secret=secret)


def test_the_end_of_an_inbox_is_a_departure_and_that_of_another_queue_is_not() -> None:
    assert intake.departure_in(DESK, delivery(b"", name=INBOX), NOW) == Departed(origin="r1-1", time=NOW, inbox=INBOX)
    assert intake.departure_in(DESK, delivery(b"", name="registry.commands"), NOW) is None
    assert intake.departure_in(DESK, delivery(b""), NOW) is None


def test_a_key_that_cannot_sign_tokens_is_refused_at_the_start() -> None:
    with pytest.raises(InvalidSetting, match="TOKEN_PRIVATE_KEY"):
        registry_settings({"TOKEN_PRIVATE_KEY": "no key"}, "r1")
