"""The commands of docs/how-to/upgrade.md, which the tests run literally."""

import re

from tests.upgrade.previous import ROOT

GUIDE = ROOT / "docs/how-to/upgrade.md"


def commands(mark: str) -> str:
    """Return the block of commands that follows a text in the guide.

    Args:
        mark: The text before the block; it stands once in the guide.
    """
    _, after = GUIDE.read_text().split(mark)
    block = re.search(r"^ *```sh\n(.*?)^ *```", after, re.MULTILINE | re.DOTALL)
    assert block, f"no commands follow {mark!r} in {GUIDE}"
    return block[1]
