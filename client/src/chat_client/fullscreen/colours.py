"""Stable colours of names."""

import zlib

from chat_wire.errors import InvalidName
from chat_wire.names import name_key

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


def name_colour(name: str, *, dark: bool) -> str:
    """Return the colour of a name as #RRGGBB.

    It is the same in every process, and for all spellings that count as the same name.
    """
    hues = ON_DARK if dark else ON_LIGHT
    return hues[zlib.crc32(_key(name).encode("utf-8", "replace")) % len(hues)]


def _key(name: str) -> str:
    try:
        return name_key(name)
    except InvalidName:  # an old message may have a name that the rules forbid today
        return name.casefold()
