"""The preferences, and the file that keeps them."""

import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.theme import BUILTIN_THEMES

from chat_client.errors import BadPreference
from chat_client.preferences import (
    PREFERENCES,
    THEMES,
    Preference,
    Preferences,
    all_shown,
    from_file,
    shown,
    typed,
    with_typed,
)
from chat_client.preferences_file import PreferenceStore


def test_the_table_has_every_preference() -> None:
    assert [preference.name for preference in PREFERENCES] == [field.name for field in fields(Preferences)]


def test_every_theme_exists() -> None:
    assert set(THEMES) - {"auto"} <= set(BUILTIN_THEMES)


def test_a_changed_preference_is_there_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "tertulia" / "settings.toml"
    store = PreferenceStore(path)

    for name, text in [("bell", "OFF"), ("local-time", "on"), ("name", "ana"), ("highlight", "deploy, on call,deploy")]:
        assert store.change(name, text) == ""

    again = PreferenceStore(path)
    assert again.remarks == []
    assert again.current == store.current
    assert again.current == Preferences(bell="off", local_time=True, name="ana", highlight=("deploy", "on call"))
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["settings.toml"]


def test_comments_and_unknown_settings_stay_in_the_file_and_are_named(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('# mine\nbell = "on"  # loud\nfuture = 7\n\n[later]\nx = 1\n')
    store = PreferenceStore(path)

    assert store.current.bell == "on"
    (remark,) = store.remarks
    assert "future, later" in remark
    assert str(path) in remark
    store.change("joins", "off")
    store.change("bell", "off")

    written = path.read_text()
    assert written.startswith('# mine\nbell = "off"  # loud\nfuture = 7\n')
    assert tomllib.loads(written) == {"bell": "off", "future": 7, "joins": False, "later": {"x": 1}}


@pytest.mark.parametrize(
    ("written", "line"),
    [(b'bell = "on"\nlocal_time = yes\n', 2), (b'a = 1\nbell = "on', 2), (b"# x\n# \xff\n", 2), (b"a = 1\na = 2\n", 2)],
)
def test_a_broken_file_is_named_with_its_line_and_stays_as_it_is(tmp_path: Path, written: bytes, line: int) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(written)

    store = PreferenceStore(path)

    assert store.current == Preferences()
    (remark,) = store.remarks
    assert f"{path}, line {line}:" in remark
    assert str(path) in store.change("bell", "off")
    assert store.current.bell == "off"
    assert path.read_bytes() == written


def test_a_wrong_value_is_named_with_the_choices_and_the_rest_of_the_file_holds(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('bell = "loud"\nlocal_time = "yes"\nhighlight = "one"\ntheme = 5\nname = 3\njoins = false\n')

    store = PreferenceStore(path)

    assert store.current == Preferences(joins=False)
    assert len(store.remarks) == 5
    assert "on, off, mention" in store.remarks[0]


def test_a_file_that_cannot_be_read_or_written_ends_nothing(tmp_path: Path) -> None:
    store = PreferenceStore(tmp_path)  # a directory

    assert str(tmp_path) in store.remarks[0]
    assert str(tmp_path) in store.change("bell", "on")


def test_a_link_to_the_file_stays_a_link(tmp_path: Path) -> None:
    real, path = tmp_path / "dotfiles.toml", tmp_path / "settings.toml"
    real.write_text("joins = true\n")
    real.chmod(0o644)
    path.symlink_to(real)

    PreferenceStore(path).change("joins", "off")

    assert path.is_symlink()
    assert real.read_text() == "joins = false\n"
    assert real.stat().st_mode & 0o777 == 0o644


def test_what_is_given_at_the_start_wins_over_the_file_and_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('name = "ana"\n')
    store = PreferenceStore(path, name="bob", local_time=True)

    store.change("bell", "off")

    assert (store.current.name, store.current.local_time) == ("bob", True)
    assert tomllib.loads(path.read_text()) == {"name": "ana", "bell": "off"}


def test_watchers_hear_of_each_change(tmp_path: Path) -> None:
    store = PreferenceStore(tmp_path / "settings.toml")
    heard: list[Preferences] = []
    store.watch(lambda: heard.append(store.current))

    store.change("bell", "off")
    store.put("ignore", ("eve",))

    assert heard == [Preferences(bell="off"), Preferences(bell="off", ignore=("eve",))]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("bel", "off", "theme, local_time"),
        ("bell", "loud", "on, off, mention"),
        ("joins", "maybe", "on, off"),
        ("name", "two words", "name"),
        ("highlight", " , ", "commas"),
        ("theme", "pink", "auto, textual-dark"),
    ],
)
def test_a_wrong_name_or_value_is_refused_with_the_choices(name: str, text: str, said: str) -> None:
    with pytest.raises(BadPreference, match=said):
        with_typed(Preferences(), name, text)


def test_default_restores_the_default() -> None:
    changed = Preferences(bell="off", highlight=("x",), name="ana", theme="nord")

    for name in ("bell", "highlight", "name", "theme"):
        changed = with_typed(changed, name, "default")

    assert changed == Preferences()


def test_all_preferences_and_one_can_be_shown() -> None:
    lines = all_shown(Preferences(bell="off", ignore=("eve", "zoe")))

    assert "bell = off" in lines
    assert "ignore = eve,zoe" in lines
    assert len(lines) == len(PREFERENCES)
    assert "on, off, mention" in shown(Preferences(), "BELL")


@pytest.mark.parametrize("preference", PREFERENCES, ids=lambda preference: preference.name)
def test_every_choice_can_be_set_kept_and_typed_again(preference: Preference, tmp_path: Path) -> None:
    for choice in preference.kind.choices or ("ana",):
        store = PreferenceStore(tmp_path / "settings.toml")
        store.change(preference.name, choice)
        again = PreferenceStore(tmp_path / "settings.toml")
        assert not again.remarks
        assert typed(getattr(again.current, preference.name)) == choice


@given(
    st.dictionaries(
        st.sampled_from([each.name for each in PREFERENCES]) | st.text(max_size=8),
        st.text() | st.integers() | st.booleans() | st.lists(st.text() | st.integers()) | st.none(),
        max_size=12,
    )
)
def test_no_value_of_the_file_is_an_error(values: dict[str, object]) -> None:
    preferences, remarks = from_file(values)

    assert isinstance(preferences, Preferences)
    assert bool(remarks) or set(values) <= {each.name for each in PREFERENCES}


def test_writing_toml_is_loaded_only_when_something_changes() -> None:
    loaded = "import sys, chat_client.preferences_file; print(sorted({'tomlkit', 'precis_i18n'} & set(sys.modules)))"

    assert subprocess.check_output([sys.executable, "-c", loaded], text=True) == "[]\n"
