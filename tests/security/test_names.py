"""Claims of names that deceive, at the wire: a client that checks nothing itself gets no such name."""

import pytest

from chat_wire.messages import Granted, Refused
from testkit.chatter import Chatter
from testkit.processes import System

HELD = "Modern-anna"
DISGUISES = {
    "case": "mODERN-ANNA",
    "width": "\uff2d\uff4f\uff44\uff45\uff52\uff4e-anna",
    "letters that look alike": "Modem-anna",
    "Cyrillic": "Modern-\u0430nna",
    "Greek": "Modern-\u03b1nna",
    "Armenian": "Mo\u0501ern-anna",
    "no hyphen": "Modernanna",
    "dots": "Mod.ern-an.na",
    "composition": "Modern-anna\u0301\u0301",
    "a stroke": "Modern-an\u0336na",
    "zero width": "Modern-an\u200bna",
    "a joiner": "Modern-an\u200dna",
    "a soft hyphen": "Modern-an\u00adna",
    "tags": "Modern-anna\U000e0061",
    "from right to left": "\u202eanna-nredoM\u202c",
    "isolates": "\u2068Modern-anna\u2069",
    "a variation": "Modern-anna\ufe0f",
    "a space": "Modern-anna ",
    "a new line": "Modern-anna\n",
}
POSES = (
    "*",
    "**",
    "--",
    "[12:00]",
    "12:00",
    "system",
    "5ystem",
    "adm1n",
    "chat-admin",
    "everyone",
    "все",
    "a,b",
    "a:b",
)


@pytest.fixture
def anna(chat: System) -> Chatter:
    """Return a member who holds the name."""
    member = Chatter(chat.url("client"))
    assert isinstance(member.claim(HELD), Granted)
    return member


def test_a_held_name_is_refused_in_any_disguise(chat: System, anna: Chatter) -> None:
    eve = Chatter(chat.url("client"))

    answers = {kind: eve.claim(name) for kind, name in DISGUISES.items()}

    assert not {kind for kind, answer in answers.items() if not isinstance(answer, Refused)}
    assert {answer.reason for answer in answers.values()} == {
        "name_taken",
        "name_alike",
        "deceptive_name",
        "invalid_name",
    }
    anna.exit()


def test_nobody_poses_as_the_chat(chat: System) -> None:
    eve = Chatter(chat.url("client"))

    reasons = {eve.claim(name).reason for name in POSES}

    assert reasons == {"invalid_name", "deceptive_name", "reserved_name"}
