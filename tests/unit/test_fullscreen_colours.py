"""Names have stable colours that can be read on every theme."""

import asyncio

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from chat_client.fullscreen.colours import ON_DARK, ON_LIGHT, name_colour
from testkit.fake_session import join_room

OWN_COLOURS = [theme for name, theme in BUILTIN_THEMES.items() if not name.startswith("ansi")]


def test_all_spellings_of_a_name_have_the_same_colour() -> None:
    assert name_colour("Alice", dark=True) == name_colour("alice", dark=True) == name_colour("\uff41lice", dark=True)
    assert name_colour("alice", dark=True) == "#FF96D3"  # in every process, on every machine


def test_an_invalid_name_has_a_colour() -> None:
    assert name_colour("not a name", dark=True) in ON_DARK
    assert name_colour("\ud800", dark=False) in ON_LIGHT


def test_names_use_all_colours() -> None:
    assert {name_colour(f"user{number}", dark=False) for number in range(200)} == set(ON_LIGHT)


@pytest.mark.parametrize("theme", OWN_COLOURS, ids=lambda theme: theme.name)
@pytest.mark.parametrize("background", ["surface", "background"])
def test_each_colour_has_enough_contrast(theme: Theme, background: str) -> None:
    behind = Color.parse(theme.to_color_system().generate()[background])

    for each in ON_DARK if theme.dark else ON_LIGHT:
        assert contrast(Color.parse(each), behind) >= 4.5


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light"])
def test_the_frame_of_the_members_has_enough_contrast(theme: str) -> None:
    async def run() -> None:
        async with join_room() as chat:
            chat.app.theme = theme
            await chat.pilot.pause()
            members = chat.room.query_one("#members")
            behind = members.styles.background
            frame = behind + members.styles.border_top[1]
            assert contrast(frame, behind) >= 3  # WCAG 2.2, 1.4.11

    asyncio.run(run())


def contrast(one: Color, other: Color) -> float:
    """Return the contrast by WCAG 2.2, 1.4.3."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
