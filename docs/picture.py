"""Draw docs/chat.svg, a picture of the full-screen client in a room of the real system. Run it by `make picture`."""

import asyncio
import queue
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from chat_client.events import Event, Joined, MessageReceived
from chat_client.fullscreen.app import ChatApp
from chat_client.fullscreen.transcript_view import TranscriptView
from chat_client.preferences_file import FILE, PreferenceStore
from chat_client.session import Session
from chat_client.settings import ClientSettings
from testkit.picture import picture
from testkit.processes import System, system_in
from testkit.rabbitmq import running_node

PICTURE = Path(__file__).with_name("chat.svg")
SIZE = (100, 22)
SECONDS = 20
TALK = (
    ("bob", "good morning! does anybody know why the third router is gone?"),
    ("noor", "I stopped it while you were writing. Did you notice?"),
    ("bob", "not at all: nothing was lost and nothing came twice"),
    ("noor", "/me nods"),
    (
        "noor",
        "how it is done: https://www.rabbitmq.com/docs/confirms\nand docs/explanation/reliability.md has the tests",
    ),
    ("bob", "ana, do you have the figures?"),
)


class Guest:
    """Another person in the room, without a screen."""

    def __init__(self, url: str, name: str) -> None:
        """Join the room.

        Args:
            url: The URL of the broker.
            name: The person's name.
        """
        self._events: queue.Queue[Event] = queue.Queue()
        self.session = Session(url, secrets.token_hex(32), self._events.put)
        self.session.start()
        self.session.join(name)
        self._until(lambda event: isinstance(event, Joined))

    def says(self, text: str) -> None:
        """Post a message, and wait until it has come back."""
        sequence = self.session.post(text)
        self._until(lambda event: isinstance(event, MessageReceived) and event.sequence == sequence)

    def _until(self, condition: Callable[[Event], bool]) -> None:
        while not condition(self._events.get(timeout=SECONDS)):
            pass


def main() -> None:
    """Start a broker and the services, let some people talk, and draw the screen of one of them."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        keys = directory / "secrets"
        subprocess.run([sys.executable, "-m", "chat_admin", "init", str(keys)], check=True)
        (directory / "node").mkdir()
        with running_node(directory / "node") as node, system_in(node.broker(keys), "/", directory) as system:
            system.all()
            PICTURE.write_text(asyncio.run(_draw(system, directory)))


async def _draw(system: System, state: Path) -> str:
    url = system.url("client")
    guests = {name: await asyncio.to_thread(Guest, url, name) for name in ("bob", "noor", "mei")}
    for name, text in TALK[:2]:
        await asyncio.to_thread(guests[name].says, text)
    app = ChatApp(
        ClientSettings(amqp_url=url, name="ana"),
        lambda emit: Session(url, secrets.token_hex(32), emit),
        state,
        PreferenceStore(state / FILE),
    )
    async with app.run_test(size=SIZE) as pilot:

        async def sees(text: str) -> None:
            until = time.monotonic() + SECONDS
            while text not in _shown(app):
                assert time.monotonic() < until, text
                await pilot.pause(0.05)

        await sees("you are ana")
        for name, text in TALK[2:]:
            await asyncio.to_thread(guests[name].says, text)
        await sees(TALK[-1][1])
        await asyncio.to_thread(guests["mei"].session.close)
        await sees("mei lost")
        await pilot.press(*"in", "space", *"a", "space", *"minute")
        await pilot.pause()
        drawn = picture(app)
    for session in (app.session, guests["bob"].session, guests["noor"].session):
        assert session
        session.close()
    return drawn


def _shown(app: ChatApp) -> str:
    return "\n".join(view.render_line(y).text for view in app.screen.query(TranscriptView) for y in range(SIZE[1]))


if __name__ == "__main__":
    main()
