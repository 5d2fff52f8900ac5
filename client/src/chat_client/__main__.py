"""The client's command: `chat`, or `python -m chat_client`."""

import logging
import os
import sys
from pathlib import Path

from platformdirs import user_config_dir, user_state_dir

from chat_client.charset import use_plain_characters
from chat_client.errors import ClientError
from chat_client.frontend import fits_full_screen
from chat_client.language import use_language
from chat_client.opening import session_opener
from chat_client.preferences_file import FILE, PreferenceStore
from chat_client.settings import ClientSettings, client_settings
from chat_client.state import author_secret
from chat_client.texts import refusal
from chat_wire.settings import SettingError

WRONG_SETTINGS = 2


def main() -> int:
    """Run the client.

    Returns:
        The exit status: 2 if a setting is wrong, else that of the frontend.

    Raises:
        SystemExit: The arguments are wrong (status 2), or ask for the help or the version (status 0).
    """
    _open_closed_streams()
    use_plain_characters()
    use_language(os.environ)
    logging.getLogger().addHandler(logging.NullHandler())  # log lines would disturb the screen
    try:
        settings = client_settings(os.environ, sys.argv[1:])
        state = Path(user_state_dir("tertulia"))
        secret = author_secret(state)
    except SettingError as error:
        return _complain(refusal("missing_setting", str(error)))
    except ClientError as error:
        return _complain(str(error))
    return _run(settings, secret, state)


def _run(settings: ClientSettings, secret: str, state: Path) -> int:
    """Load and run one frontend only, so that it soon asks for the name."""
    if settings.traceparent:
        _continue_trace(settings.traceparent)
    open_session = session_opener(settings.amqp_url, secret)
    given = {"local_time": True} if settings.local_time else {}
    preferences = PreferenceStore(Path(user_config_dir("tertulia")) / FILE, **given)
    if settings.plain or not fits_full_screen(os.environ, (sys.stdin, sys.stdout, sys.stderr)):
        from chat_client.line import run as line

        return line.run(settings, open_session, preferences)
    from chat_client.fullscreen import run as fullscreen

    return fullscreen.run(settings, open_session, state, preferences)


def _continue_trace(traceparent: str) -> None:
    """Let all messages carry a trace, if this is one. OpenTelemetry takes time to load, so load it only then."""
    from opentelemetry.context import attach

    from chat_amqp.traces import parent

    if context := parent(traceparent):
        attach(context)


def _open_closed_streams() -> None:
    """Open the descriptors 0 to 2 on the null device if the parent process has closed them."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))


def _complain(text: str) -> int:
    print(f"chat: {text}", file=sys.stderr)
    return WRONG_SETTINGS


if __name__ == "__main__":
    sys.exit(main())
