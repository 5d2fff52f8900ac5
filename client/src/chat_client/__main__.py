"""The client's command: `chat`, or `python -m chat_client`."""

import logging
import os
import sys
from pathlib import Path

from platformdirs import user_state_dir

from chat_client import plain
from chat_client.errors import ClientError
from chat_client.settings import client_settings
from chat_client.state import author_secret
from chat_wire.settings import MissingSetting


def main() -> int:
    """Run the client; returns its exit status."""
    logging.getLogger().addHandler(logging.NullHandler())  # the screen belongs to the chat
    try:
        settings = client_settings(os.environ, sys.argv[1:])
        secret = author_secret(Path(user_state_dir("tertulia")))
    except (MissingSetting, ClientError) as error:
        print(f"chat: {error}", file=sys.stderr)
        return 2
    return plain.run(settings, secret)


if __name__ == "__main__":
    sys.exit(main())
