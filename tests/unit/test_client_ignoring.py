"""Ignored people: compared as names are, kept in the preferences."""

from pathlib import Path

from chat_client.ignoring import Ignoring, key_of, keys_of
from chat_client.preferences_file import PreferenceStore


def test_two_spellings_of_a_name_are_one_person_and_an_invalid_name_is_its_own() -> None:
    assert keys_of(("Ana", "ANA", "BOB")) == {"ana", "bob"}
    assert key_of("not a name") == "not a name"


def test_an_ignored_person_stays_ignored_in_the_next_run_until_it_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    ignoring = Ignoring(PreferenceStore(path))
    assert not ignoring.hides("eve", "ana")

    assert ignoring.ignore("Eve", "ana") == ["you do not see what Eve says, on this client: /unignore Eve ends that"]
    ignoring.ignore("EVE", "ana")

    ignoring = Ignoring(PreferenceStore(path))
    assert ignoring.hides("eve", "ana")
    assert ignoring.hides("EVE", "ana")
    assert not ignoring.hides("bob", "ana")
    assert ignoring.ignore("", "ana") == ["you ignore Eve: /unignore NAME ends that"]
    assert ignoring.unignore("eve") == ["you see again what eve says"]
    assert not ignoring.hides("eve", "ana")
    assert PreferenceStore(path).current.ignore == ()


def test_one_cannot_ignore_oneself_or_what_is_no_name(tmp_path: Path) -> None:
    ignoring = Ignoring(PreferenceStore(tmp_path / "settings.toml"))

    assert ignoring.ignore("ANA", "ana") == ["ANA is you: you see your own messages"]
    assert "space" in ignoring.ignore("bob and eve", "ana")[0]
    assert ignoring.ignore("", "ana") == ["you ignore nobody: /ignore NAME hides what somebody says"]
    assert ignoring.unignore("bob")[0].startswith("you do not ignore bob: you ignore nobody")


def test_ones_own_name_in_the_file_hides_nothing(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('ignore = ["ana"]\n')

    assert not Ignoring(PreferenceStore(path)).hides("ana", "ana")


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").mkdir()
    ignoring = Ignoring(PreferenceStore(tmp_path / "settings.toml"))

    assert str(tmp_path) in ignoring.ignore("eve", "ana")[1]
    assert ignoring.hides("eve", "ana")
