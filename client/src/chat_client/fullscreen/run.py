"""Runs the full-screen client from its start to its end."""

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from chat_client import display
from chat_client.events import Ended, Event, NotSent
from chat_client.fullscreen.app import ChatApp
from chat_client.language import _
from chat_client.settings import ClientSettings

if TYPE_CHECKING:
    from chat_client.session import Session


def run(settings: ClientSettings, secret: str) -> int:
    """Run until the session ends or the client is told to leave; returns the exit status.

    What was not sent is named on stderr, once the screen is the shell's again.
    """

    def open_session(emit: Callable[[Event], None]) -> "Session":
        from chat_client.session import Session

        return Session(settings.amqp_url, secret, emit)

    for variable in ("COLUMNS", "LINES"):  # Textual would believe them rather than ask the terminal
        os.environ.pop(variable, None)
    app = ChatApp(settings, open_session)
    status = app.run()
    if app.session:
        app.session.close()
    for text in complaints(app):
        print(f"chat: {display.safe(text)}", file=sys.stderr)
    return status if status is not None else 1


def complaints(app: ChatApp) -> list[str]:
    """What to tell somebody who has left: each post that was not sent, and why the session is over if not by wish.

    Takes what the session told after the screen was closed.
    """
    since = app.feed.take()
    not_sent = [*app.refused, *(event for event in since if isinstance(event, NotSent))]
    ended = [event for event in (app.ended, *since) if isinstance(event, Ended) and not event.freed]
    told = [_("not sent: {text} ({reason})").format(text=each.text, reason=each.reason) for each in not_sent]
    return told + [event.text for event in ended]
