"""The full-screen client from its start to its end."""

import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from chat_client import charset, display, texts
from chat_client.events import Ended, NotSent
from chat_client.fullscreen.setup import prepare
from chat_client.opening import OpenSession
from chat_client.preferences_file import PreferenceStore
from chat_client.settings import ClientSettings

if TYPE_CHECKING:
    from chat_client.fullscreen.app import ChatApp


def run(settings: ClientSettings, open_session: OpenSession, state: Path, preferences: PreferenceStore) -> int:
    """Run the client until the session, the person, or a signal ends it.

    Once the terminal shows the shell again, stderr names each message that was not sent.

    Args:
        settings: The client's settings.
        open_session: Creates the session.
        state: The directory of what the client remembers from run to run.
        preferences: The preferences of the person.

    Returns:
        The exit status.
    """
    prepare(no_color=settings.no_color)
    from chat_client.fullscreen.app import ChatApp  # Textual reads its settings when it is imported

    app = ChatApp(settings, open_session, state, preferences, [*charset.remarks(), *preferences.remarks])
    with _reported_failures(app) as failures:
        try:
            status = app.run()
        finally:
            app.save_draft()
        if app.session:
            app.session.close()
    for failure in failures:
        print(failure, file=sys.stderr)
    for text in exit_messages(app):
        print(f"chat: {display.safe(text)}", file=sys.stderr)
    return status if status is not None else 1


def exit_messages(app: "ChatApp") -> list[str]:
    """Return a line for each post that was not sent, for an end that the person did not ask for, and for a lost draft.

    This drains the feed: the session reports unsent posts when it closes.
    """
    since = app.feed.drain()
    not_sent = [*app.refused, *(event for event in since if isinstance(event, NotSent))]
    ended = [event for event in (app.ended, *since) if isinstance(event, Ended) and not event.freed]
    return (
        [texts.not_sent(each.text, each.reason) for each in not_sent]
        + [event.text for event in ended]
        + app.last_remarks
    )


@contextmanager
def _reported_failures(app: "ChatApp") -> Iterator[list[str]]:
    """End the app when an error ends a thread. Yield the tracebacks, which Textual would lose with its screen."""
    failures: list[str] = []

    def fail(what: threading.ExceptHookArgs) -> None:
        failures.append("".join(traceback.format_exception(what.exc_type, what.exc_value, what.exc_traceback)))
        app.call_later(app.exit, 1)

    before, threading.excepthook = threading.excepthook, fail
    try:
        yield failures
    finally:
        threading.excepthook = before
