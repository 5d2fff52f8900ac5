"""The full-screen client at a real terminal, with a session that plays the services.

`python -m testkit.at_terminal FILE` joins a room as alice at once, appends each post to FILE as a line of JSON, and its
process number to FILE.pid. These posts make an error: "error in the app", "error in the session", and, as a second
argument of the command, "error in a worker".
"""

import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from chat_client import events
from chat_client.charset import use_plain_characters
from chat_client.fullscreen.run import run
from chat_client.language import use_language
from chat_client.preferences_file import PreferenceStore
from chat_client.settings import ClientSettings
from testkit.fake_session import FakeSession, message

HISTORY = ("see https://example.org/a now", "some words of bob", "and https://example.org/b (yes)")


class RecordingSession(FakeSession):
    """A session that joins at once, and writes posts to a file."""

    def __init__(self, emit: Callable[[events.Event], None], posts: Path) -> None:
        """Create the session.

        Args:
            emit: Hands an event to the client.
            posts: The file.
        """
        super().__init__(emit)
        self._posts = posts

    def join(self, name: str, *, quiet: bool = False) -> None:
        """Join."""
        super().join(name, quiet=quiet)
        for number in range(10):
            self.emit(message(f"{number} {HISTORY[number % len(HISTORY)]}"))
        self.emit(events.Joined(name=name, room="lobby"))
        self.emit(events.UsersListed(connected=(name, "bob"), disconnected=("eve",)))

    def post(self, text: str) -> int:
        """Write the post to the file."""
        if text == "error in the app":
            _fail()
        if text == "error in the session":
            threading.Thread(target=_fail, name="session").start()
        with self._posts.open("a") as posts:
            posts.write(json.dumps(text) + "\n")
        return super().post(text)


def _fail() -> None:
    raise ArithmeticError("on purpose")


def main() -> int:
    """Run the client."""
    posts, *errors = map(Path, sys.argv[1:])
    posts.with_suffix(".pid").write_text(str(os.getpid()))
    use_plain_characters()
    use_language(os.environ)

    def open_session(emit: Callable[[events.Event], None]) -> RecordingSession:
        if errors:
            _fail()
        return RecordingSession(emit, posts)

    return run(
        ClientSettings(amqp_url="amqp://nobody", name="alice"),
        open_session,
        posts.parent,
        PreferenceStore(posts.with_suffix(".toml")),
    )


if __name__ == "__main__":
    sys.exit(main())
