"""Stable colours of names, and the colours for terminals that have 16."""

import zlib
from collections.abc import Sequence
from typing import Any, TypeVar

from textual.app import App

from chat_wire.errors import InvalidName
from chat_wire.names import name_key

Hue = TypeVar("Hue")
# Hues 30 degrees apart in OKLCH. All have the same lightness, whose contrast with the backgrounds of Textual's dark
# (light) themes is at least 4.5 (WCAG 2.2, 1.4.3).
ON_DARK = (
    "#FE9FA6", "#FFA47A", "#F5AE39", "#CCC23B", "#92D36C", "#41DCA5",
    "#06D8D9", "#42CFFE", "#91C1FF", "#B6B4FE", "#E19FFF", "#FF96D3",
)  # fmt: skip
ON_LIGHT = (
    "#900D30", "#803200", "#694501", "#554F02", "#2C5B01", "#015C41",
    "#055959", "#04556D", "#004B96", "#49379F", "#6C2787", "#841660",
)  # fmt: skip


# Of a terminal's 16 colours those whose contrast with black (white) is at least 4.5 in the palettes of VGA and xterm:
# by name for the terminal's own colours, and as the #RRGGBB that becomes the same one. Names do not have the reds,
# which mark refusals. The colours of a theme would become the nearest of the 16, many of them the same grey.
NAMES_OF_16 = {
    True: (
        ("green", "#00AA00"), ("cyan", "#00AAAA"), ("bright_green", "#55FF55"), ("bright_yellow", "#FFFF55"),
        ("bright_magenta", "#FF55FF"), ("bright_cyan", "#55FFFF"),
    ),
    False: (("blue", "#0000AA"), ("magenta", "#AA00AA")),
}  # fmt: skip
REFUSED_OF_16 = {True: ("bright_red", "#FF5555"), False: ("red", "#AA0000")}


def name_colour(name: str, *, dark: bool) -> str:
    """Return the colour of a name as #RRGGBB.

    It is the same in every process, and for all spellings that count as the same name.
    """
    return _pick(name, ON_DARK if dark else ON_LIGHT)


def name_colour_of_16(name: str, app: App[Any]) -> str:
    """Return the colour of a name on a terminal that has 16, for Rich."""
    own, same = _pick(name, NAMES_OF_16[app.current_theme.dark])
    return own if app.native_ansi_color else same


def refused_colour_of_16(app: App[Any]) -> str:
    """Return the colour of refusals on a terminal that has 16, for CSS."""
    own, same = REFUSED_OF_16[app.current_theme.dark]
    return f"ansi_{own}" if app.native_ansi_color else same


def has_16(app: App[Any]) -> bool:
    """Return whether an app shows 16 colours: the terminal has no more, or the theme takes the terminal's own."""
    return app.native_ansi_color or app.console.color_system == "standard"


def _pick(name: str, hues: Sequence[Hue]) -> Hue:
    return hues[zlib.crc32(_key(name).encode("utf-8", "replace")) % len(hues)]


def _key(name: str) -> str:
    try:
        return name_key(name)
    except InvalidName:  # an old message may have a name that the rules forbid today
        return name.casefold()
