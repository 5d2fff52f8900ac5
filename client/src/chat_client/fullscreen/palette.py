"""The command palette, which Ctrl+P opens: every command, key and gesture, and the themes."""

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from rich.text import Text
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget

from chat_client import commands, keys
from chat_client.fullscreen.composer import Composer
from chat_client.fullscreen.help_screen import HelpScreen
from chat_client.language import _
from chat_client.preferences import THEMES

if TYPE_CHECKING:
    from chat_client.fullscreen.app import ChatApp

Entry = tuple[str, Callable[[], Awaitable[None] | None]]
NO_MATCH_SCORE = 0.01


class _Entries(Provider):
    """Entries in a fixed order, which a search narrows."""

    def entries(self) -> Iterator[Entry]:
        """Yield the text and the callback of each entry."""
        raise NotImplementedError

    async def discover(self) -> Hits:
        """Yield all entries."""
        for text, callback in self.entries():
            yield DiscoveryHit(Text(text), callback, text)

    async def search(self, query: str) -> Hits:
        """Yield the entries that match; if none does, one that says so."""
        matcher, found = self.matcher(query), False
        for text, callback in self.entries():
            if (score := matcher.match(text)) > 0:
                found = True
                yield Hit(score, matcher.highlight(text), callback, text)
        if not found:
            text = _("nothing matches")
            yield Hit(NO_MATCH_SCORE, Text(text), lambda: None, text)


class Everything(_Entries):
    """The commands, the keys of the screen below, the gestures of the mouse, and the themes."""

    def entries(self) -> Iterator[Entry]:
        """Yield them in the order of their tables."""
        for composer in self.screen.query(Composer):
            for command in commands.COMMANDS:
                yield _entry(_(command.help), commands.usage(command)), partial(_type_command, composer, command)
        yield _("Choose a colour theme"), partial(open_palette, self.app, Themes, _("Search the themes"))
        nodes = _nodes(self.screen)
        for row in keys.rows():
            steps = [(nodes[where], action) for where, action in row.actions.items() if where in nodes]
            if steps:
                yield _entry(_(row.effect), keys.written(row.keys)), partial(_run_first, self.app, steps)
        for gesture, effect in keys.GESTURES:
            yield _entry(_(effect), _(gesture)), partial(self.app.push_screen, HelpScreen())


class Themes(_Entries):
    """The colour themes."""

    def entries(self) -> Iterator[Entry]:
        """Yield them in the order of /set theme."""
        choose = cast("ChatApp", self.app).choose_theme
        for name in THEMES:
            yield name, partial(choose, name)


class Palette(CommandPalette):
    """Textual's palette, which ends the app at a key for its list that arrives before the list has a height."""

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Close the palette once: a second Enter on its way would close the screen below."""
        return super().dismiss(result) if self.is_current else AwaitComplete()

    def _action_command_list(self, action: str) -> None:
        if self.query_one(CommandList).scrollable_content_region.height:
            super()._action_command_list(action)


def open_palette(app: App[Any], provider: type[Provider], placeholder: str) -> None:
    """Open the palette with the entries of a provider, unless it is open."""
    if not isinstance(app.screen, CommandPalette):
        app.push_screen(Palette([provider], placeholder=placeholder))


def _entry(effect: str, typed: str) -> str:
    return f"{effect[:1].upper()}{effect[1:]} · {typed}"


def _nodes(screen: Screen[Any]) -> dict[str, DOMNode]:
    """Return the app, the screen and its widgets by the names of their classes and bases, the values of `Where`."""
    nodes: tuple[DOMNode, ...] = (*screen.query("*"), screen, screen.app)
    return {base.__name__: node for node in nodes for base in type(node).__mro__}


async def _run_first(app: App[Any], steps: list[tuple[DOMNode, str]]) -> None:
    """Run the first action that its node does not skip, as a key does."""
    for node, action in steps:
        if isinstance(node, Widget) and node.can_focus:
            app.screen.set_focus(node)
        if await app.run_action(action, node):
            return


def _type_command(composer: Composer, command: commands.Command) -> None:
    """Run a command that can stand alone. Put another one before the draft, which becomes its argument."""
    typed = f"/{command.names[0]}"
    if not command.argument or command.optional:
        composer.post_message(Composer.Submitted(typed, entries=()))
        return
    composer.begin(f"{typed} ")
    composer.focus()
