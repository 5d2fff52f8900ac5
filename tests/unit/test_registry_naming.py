"""Names that look alike: the skeletons of UTS #39, and claims of names that look like one in use."""

import itertools
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_registry import snapshots
from chat_registry.claims import check_alike
from chat_registry.naming import NameAlike, skeletons
from chat_registry.outcome import Outcome
from chat_registry.state import Holder
from chat_wire import codec
from chat_wire.errors import InvalidName
from chat_wire.messages import Refused
from chat_wire.names import name_key
from testkit.registry import Journal

LETTERS = "aA\u0430\u0391lI1oO0\u043emrn\u0435e."  # some of them Cyrillic or Greek
NAMES = st.text(LETTERS, min_size=1, max_size=4)
CLAIMS = st.lists(st.tuples(NAMES, st.sampled_from(["author-1", "author-2"])), max_size=25)


def refusal(outcome: Outcome) -> Refused:
    assert isinstance(outcome.reply, Refused)
    return outcome.reply


@pytest.mark.parametrize(
    ("held", "claimed"),
    [
        ("ann", "\u0430nn"),
        ("ann", "\u0410NN"),
        ("modern", "modem"),
        ("paypal", "paypaI"),
        ("paypal", "PaypaI"),
        ("Ian", "lan"),
        ("lan", "Ian"),
        ("user1", "userl"),
        ("bob0", "bobo"),
        ("BOBO", "bob0"),
        ("a\u0131da", "aida"),
        ("пётр", "пëтр"),
        ("二", "ニ"),
        ("\uff4daria", "rnaria"),
    ],
)
def test_a_name_that_looks_like_one_in_use_is_refused(held: str, claimed: str) -> None:
    journal = Journal()
    journal.claim(held, "author-1", "r1")

    refused = refusal(journal.claim(claimed, "author-2", "r2"))

    assert refused.reason == "name_alike"
    assert refused.text == f"{claimed} looks like {held}, which is in use: choose another name"


@pytest.mark.parametrize(("held", "claimed"), [("jose", "josé"), ("ann", "anna"), ("bob1", "bob2"), ("ana", "ama")])
def test_a_name_that_looks_different_is_granted(held: str, claimed: str) -> None:
    journal = Journal()
    journal.claim(held, "author-1", "r1")

    assert isinstance(journal.claim(claimed, "author-2", "r2").reply, Holder)


def test_a_name_keeps_others_like_it_away_while_it_is_disconnected_and_until_it_is_free() -> None:
    journal = Journal()
    journal.claim("ann", "author-1", "r1", "inbox-1")
    journal.depart("inbox-1")
    assert refusal(journal.claim("\u0430nn", "author-2", "r2")).reason == "name_alike"

    journal.exit("author-1", "r1", "r3")
    assert isinstance(journal.claim("\u0430nn", "author-2", "r4").reply, Holder)
    assert refusal(journal.claim("ann", "author-1", "r5")).reason == "name_alike"


def test_a_refused_claim_that_comes_again_is_refused_even_if_the_name_has_become_free() -> None:
    journal = Journal()
    journal.claim("ann", "author-1", "r1")
    journal.claim("\u0430nn", "author-2", "r2")
    journal.exit("author-1", "r1", "r3")

    assert refusal(journal.claim("\u0430nn", "author-2", "r2")).reason == "name_taken"


def test_a_person_takes_back_a_name_that_looks_like_another_old_one() -> None:
    journal = Journal()
    journal.claim("ann", "author-1", "r1", distinct=False)
    journal.claim("\u0430nn", "author-2", "r2", distinct=False)

    assert isinstance(journal.claim("\u0430nn", "author-2", "r3").reply, Holder)
    assert isinstance(journal.resume("author-2", "r3", "r4").reply, Holder)


def test_nobody_takes_back_a_name_in_letters_that_make_it_look_like_another() -> None:
    journal = Journal()
    journal.claim("paypal", "author-1", "r1")
    journal.claim("paypai", "author-2", "r2")

    assert refusal(journal.claim("paypaI", "author-2", "r3")).reason == "name_alike"
    assert isinstance(journal.claim("Paypai", "author-2", "r4").reply, Holder)


def test_an_older_version_granted_names_that_look_alike_and_each_keeps_others_away() -> None:
    journal = Journal()
    for number, name in enumerate(["ann", "\u0430nn", "\u0430n\u043f"]):
        assert isinstance(journal.claim(name, f"author-{number}", f"r{number}", distinct=False).reply, Holder)

    journal.exit("author-0", "r0", "r3")
    assert refusal(journal.claim("ann", "author-0", "r4")).text.startswith("ann looks like \u0430nn, which is in use")
    journal.exit("author-1", "r1", "r5")
    assert isinstance(journal.claim("ann", "author-0", "r6").reply, Holder)


@given(CLAIMS, st.sets(st.integers(0, 24)))
def test_no_two_granted_names_ever_look_alike(claims: list[tuple[str, str]], leaving: set[int]) -> None:
    journal = Journal()
    for number, (name, author) in enumerate(claims):
        journal.claim(name, author, f"r{number}")
        if number in leaving:
            journal.exit(author, f"r{number}", f"x{number}")

    held = [skeletons(holder.name) for holder in journal.state.holders.values()]
    assert not any(one & other for one, other in itertools.combinations(held, 2))


@given(CLAIMS, st.sets(st.integers(0, 24)))
def test_a_registry_of_0_2_reaches_the_same_state(claims: list[tuple[str, str]], leaving: set[int]) -> None:
    known, older = Journal(), Journal()  # version 0.2.0 ignores `distinct`
    for number, (name, author) in enumerate(claims):
        with suppress(NameAlike):
            check_alike(known.state, known.claim_entry(name, author, f"r{number}"))
            known.claim(name, author, f"r{number}")
            older.claim(name, author, f"r{number}", distinct=False)
        if number in leaving:
            known.exit(author, f"r{number}", f"x{number}")
            older.exit(author, f"r{number}", f"x{number}")

    assert known.state == older.state


@given(CLAIMS, st.sets(st.integers(0, 24)), st.booleans())
def test_a_snapshot_restores_what_looks_alike(claims: list[tuple[str, str]], leaving: set[int], distinct: bool) -> None:
    journal = Journal()
    for number, (name, author) in enumerate(claims):
        journal.claim(name, author, f"r{number}", distinct=distinct)
        if number in leaving:
            journal.exit(author, f"r{number}", f"x{number}")

    parts = snapshots.parts_of(journal.state, "")
    read = [codec.decode(codec.encode(part), snapshots.SnapshotPart) for part in parts]
    assert snapshots.restore(read) == journal.state


@given(st.text(min_size=1, max_size=32))
def test_every_valid_name_has_a_skeleton(name: str) -> None:
    try:
        name_key(name)
    except InvalidName:
        return
    assert all(skeletons(name))
