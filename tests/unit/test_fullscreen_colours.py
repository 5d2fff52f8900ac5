"""Names have stable colours that can be read on every theme."""

import asyncio

import pytest
from rich.color import Color as RichColor
from rich.color import ColorSystem
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from chat_client import events
from chat_client.fullscreen.colours import ON_DARK, ON_LIGHT, name_colour
from chat_client.fullscreen.transcript_view import TranscriptView
from testkit.fake_session import join_room, message

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


# The palettes that have numbers 0 to 15 in VGA, which Rich uses to find the nearest, and in xterm.
VGA = "000000 AA0000 00AA00 AA5500 0000AA AA00AA 00AAAA AAAAAA 555555 FF5555 55FF55 FFFF55 5555FF FF55FF 55FFFF FFFFFF"
XTERM = (
    "000000 CD0000 00CD00 CDCD00 0000EE CD00CD 00CDCD E5E5E5 7F7F7F FF0000 00FF00 FFFF00 5C5CFF FF00FF 00FFFF FFFFFF"
)
BLACK, WHITE = 0, 15
PEOPLE = tuple(f"user{number}" for number in range(20))


def number(colour: RichColor | None, default: int) -> int:
    """Return which of the 16 colours a terminal shows for a colour."""
    found = colour.downgrade(ColorSystem.STANDARD).number if colour else None
    return default if found is None else found


def shown_in_16(theme: str) -> tuple[set[int], set[int], set[int]]:
    """Return the numbers of the colours of names, of a refused message, and of the backgrounds."""
    names, refused, behind = set[int](), set[int](), set[int]()

    async def run() -> None:
        nonlocal names, refused, behind
        async with join_room(*(message("hi", name) for name in PEOPLE), size=(80, 80)) as chat:
            assert chat.app.console.color_system == "standard"
            chat.app.theme = theme
            await chat.enter("rejected")
            await chat.emit(events.NotSent(sequence=1, text="rejected", reason="slow down"))
            default = BLACK if chat.app.current_theme.dark else WHITE
            view = chat.room.query_one(TranscriptView)
            for text, style, _control in (each for y in range(view.size.height) for each in view.render_line(y)):
                assert style
                behind.add(number(style.bgcolor, default))
                if text.strip() in PEOPLE:
                    names.add(number(style.color, default))
                if "rejected" in text or "slow down" in text:
                    refused.add(number(style.color, default))

    asyncio.run(run())
    return names, refused, behind


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "ansi-dark", "ansi-light"])
def test_16_colours_keep_names_and_refusals_apart_and_readable(theme: str) -> None:
    names, refused, behind = shown_in_16(theme)

    assert len(names) > 1
    assert len(refused) == 1
    assert not names & refused
    for palette in (VGA, XTERM):
        colours = [Color.parse(f"#{each}") for each in palette.split()]
        for each in names | refused:
            assert all(contrast(colours[each], colours[ground]) >= 4.5 for ground in behind), (each, behind)


def test_without_colours_names_are_bold_and_refusals_have_a_mark() -> None:
    async def run() -> None:
        async with join_room(message("hi")) as chat:
            await chat.enter("rejected")
            await chat.emit(events.NotSent(sequence=1, text="rejected", reason="slow down"))
            view = chat.room.query_one(TranscriptView)
            found = [each for y in range(view.size.height) for each in view.render_line(y)]
            assert all(each.style and each.style.bold for each in found if each.text.strip() in ("alice", "bob"))
            assert not any(each.style and each.style.bold for each in found if "rejected" in each.text)
            assert "✗ rejected" in chat.screen()

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
