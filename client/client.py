"""Starts the client from a checkout: `python client/client.py`."""

from chat_client.__main__ import main

raise SystemExit(main())
