"""Names of ignored people: two spellings of a name are the same person."""

from chat_client.ignoring import key_of, keys_of


def test_two_spellings_of_a_name_are_one_person_and_an_invalid_name_is_its_own() -> None:
    assert keys_of(("Ana", "ANA", "BOB")) == {"ana", "bob"}
    assert key_of("not a name") == "not a name"
