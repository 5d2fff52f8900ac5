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

# After how many collections of younger objects Python collects among all, by its own measure ten. In a room of many
# messages that takes 0.1 s, and a key has to wait: with this it is once in 20 s of a flood, and not every second.
FULL_COLLECTION = 200
# How often Textual looks for what is to be painted, by its own measure 60: so much sooner is a key on the screen.
# What the room brings is held back longer, by fullscreen.feed.
PAINTS_A_SECOND = "120"


def main() -> int:
    """Run the client; returns its exit status."""
    _open_what_is_closed()
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
    os.environ.setdefault("TEXTUAL_FPS", PAINTS_A_SECOND)
    if not settings.no_color:  # an empty NO_COLOR asks for nothing, but Textual would obey it
        os.environ.pop("NO_COLOR", None)
    from chat_client.fullscreen import run as fullscreen

    return fullscreen.run(settings, secret)


def _open_what_is_closed() -> None:
    """Have something at each of the descriptors 0 to 2: whoever starts this may have closed them."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))


def _complain(text: str) -> int:
    print(f"chat: {text}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
