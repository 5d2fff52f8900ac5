"""Runs the full-screen client from its start to its end."""

import sys
from typing import TYPE_CHECKING

from chat_client import display, texts
from chat_client.events import Ended, NotSent
from chat_client.fullscreen.setup import prepare
from chat_client.opening import OpenSession
from chat_client.settings import ClientSettings

if TYPE_CHECKING:
    from chat_client.fullscreen.app import ChatApp


def run(settings: ClientSettings, open_session: OpenSession) -> int:
    """Run until the session ends or a signal ends the client.

    Names the messages that were not sent on stderr, once the screen is the shell's again.

    Returns:
        The exit status.
    """
    prepare(no_color=settings.no_color)
    from chat_client.fullscreen.app import ChatApp  # Textual reads its settings when it is imported

    app = ChatApp(settings, open_session)
    status = app.run()
    if app.session:
        app.session.close()
    for text in complaints(app):
        print(f"chat: {display.safe(text)}", file=sys.stderr)
    return status if status is not None else 1


def complaints(app: "ChatApp") -> list[str]:
    """Return what to print after leaving: each post that was not sent, and why the session ended if not by wish.

    Drains the events that the session told after the screen was closed.
    """
    since = app.feed.take()
    not_sent = [*app.refused, *(event for event in since if isinstance(event, NotSent))]
    ended = [event for event in (app.ended, *since) if isinstance(event, Ended) and not event.freed]
    return [texts.not_sent(each.text, each.reason) for each in not_sent] + [event.text for event in ended]
