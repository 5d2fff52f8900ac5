"""Owners: an author under a name, however the name is typed."""

from chat_archive.owners import owner_number, user_key


def test_two_spellings_of_a_name_have_one_key_and_an_invalid_name_is_its_own() -> None:
    assert user_key("ALICE") == user_key("alice")
    assert user_key("not a name") == "not a name"


def test_an_owner_is_an_author_under_a_name_however_it_is_typed() -> None:
    assert owner_number("a", "ALICE") == owner_number("a", "alice")
    numbers = [("a", "alice"), ("b", "alice"), ("a", "bob"), ("", "aalice")]
    assert len({owner_number(author, user) for author, user in numbers}) == 4
    assert -(2**63) <= owner_number("a", "alice") < 2**63
