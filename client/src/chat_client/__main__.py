"""The client's command: `chat`, or `python -m chat_client`."""

import gc
import logging
import os
import sys
from pathlib import Path

from platformdirs import user_state_dir

from chat_client.errors import ClientError
from chat_client.language import use_language
from chat_client.refusals import refusal
from chat_client.settings import ClientSettings, client_settings
from chat_client.state import author_secret
from chat_wire.settings import MissingSetting

# How many collections of younger objects come before one of all, ten if nothing is said. It takes 0.1 s in a room of
# many messages, which no key may wait for, and finds little: what is shown no more goes without it.
FULL_COLLECTION = 1_000


def main() -> int:
    """Run the client; returns its exit status."""
    use_language(os.environ)
    logging.getLogger().addHandler(logging.NullHandler())  # the screen belongs to the chat
    try:
        settings = client_settings(os.environ, sys.argv[1:])
        secret = author_secret(Path(user_state_dir("tertulia")))
    except MissingSetting as error:
        return _complain(refusal("missing_setting", str(error)))
    except ClientError as error:
        return _complain(str(error))
    return _run(settings, secret)


def _run(settings: ClientSettings, secret: str) -> int:
    """Only the face that is used is loaded: the full-screen one asks for the name before anything else is."""
    terminal = sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    if settings.plain or not terminal:
        from chat_client import plain

        return plain.run(settings, secret)
    gc.set_threshold(*gc.get_threshold()[:2], FULL_COLLECTION)
    from chat_client.fullscreen import run as fullscreen

    return fullscreen.run(settings, secret)


def _complain(text: str) -> int:
    print(f"chat: {text}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
