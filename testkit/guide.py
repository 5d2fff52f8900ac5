"""The commands of a how-to page, which tests run as they stand there."""

import re
from pathlib import Path

GUIDES = Path(__file__).resolve().parents[1] / "docs" / "how-to"


def commands(page: str, before: str) -> str:
    """Return the block of commands that follows a text in a how-to page.

    Args:
        page: The file's name.
        before: The text before the block; it stands once in the page.
    """
    parts = (GUIDES / page).read_text().split(before)
    assert len(parts) == 2, f"{page} has {before!r} {len(parts) - 1} times"
    block = re.search(r"^ *```sh\n(.*?)^ *```", parts[1], re.MULTILINE | re.DOTALL)
    assert block, f"{page} has no commands after {before!r}"
    return block[1]


def with_make(block: str) -> str:
    """Return the lines of a block that are marked as those for a chat of `make up`."""
    return "\n".join(line for line in block.splitlines() if line.endswith("# with make"))
