"""The list of members."""

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from chat_client.fullscreen.short_names import LEAST_NAME, short_names
from chat_client.language import _

CONNECTED, DISCONNECTED = "●", "○"


class MemberList(ScrollView, can_focus=False):
    """Names with a mark each: connected, or disconnected and still holding the name.

    The list draws only the rows in view, so a thousand members cost no more than those.
    """

    def __init__(self, *, id: str | None = None) -> None:
        """Create an empty list.

        Args:
            id: The widget's id in CSS.
        """
        super().__init__(id=id)
        self._members: Sequence[tuple[str, bool]] = ()
        self._names: list[str] = []  # as they are shown

    def show(self, members: Sequence[tuple[str, bool]]) -> None:
        """Show names, each with whether it is connected. Do nothing if the list is the same object as before."""
        if members is self._members:
            return
        self._members = members
        here = sum(connected for _name, connected in members)
        self.border_title = _("Connected {count}").format(count=here)
        away = len(members) - here
        self.border_subtitle = _("Disconnected {count}").format(count=away) if away else ""
        self.virtual_size = Size(self.size.width, len(members))
        self.on_resize()

    def on_resize(self) -> None:
        """Cut the names to the present width."""
        width = self.scrollable_content_region.width - len(f"{CONNECTED} ")
        self._names = short_names([name for name, _connected in self._members], max(LEAST_NAME, width))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return a row of the list."""
        row = y + self.scroll_offset.y
        if row >= len(self._members):
            return Strip.blank(self.size.width, self.rich_style)
        connected = self._members[row][1]
        text = f"{CONNECTED if connected else DISCONNECTED} {self._names[row]}"
        style = self.rich_style if connected else self.rich_style + Style(dim=True)
        return Strip([Segment(text, style)]).adjust_cell_length(self.size.width, self.rich_style)
