"""A picture of the client, as text that is the same wherever it is made."""

import re
from typing import Any

from textual.app import App


def picture(app: App[Any]) -> str:
    """The screen as SVG, in whatever monospaced font there is: none is fetched from elsewhere."""
    svg = re.sub(r"\s*@font-face \{.*?\}", "", app.export_screenshot(), flags=re.DOTALL)
    return svg.replace("Fira Code, monospace", "monospace")
