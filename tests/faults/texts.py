"""Texts that name their session and number, followed by random characters of all Unicode planes."""

import random

from chat_wire.limits import MAX_TEXT

PLANES = 17
SURROGATES = range(0xD800, 0xE000)
SPECIAL = ("\u202e", "\x1b[31m", "\x00", "\u0085", "\u2028", "e\u0301", "\ufeff", '"\\', "\U0001f469\u200d\U0001f469")


def text(session: str, number: int, chance: random.Random) -> str:
    """Return a text that no other session or number has: label, number and random characters."""
    start = f"{session} {number} "
    length = chance.choice((1, 8, 20, 20, 40, 40, 60))
    if chance.random() < 0.002:
        length = MAX_TEXT
    letters = [chance.choice(SPECIAL) if chance.random() < 0.05 else _letter(chance) for _ in range(length)]
    return (start + "".join(letters))[:MAX_TEXT]


def _letter(chance: random.Random) -> str:
    """Return a character of any plane, assigned or not."""
    point = chance.randrange(PLANES) << 16 | chance.randrange(0x10000)
    return "\ufffd" if point in SURROGATES else chr(point)
