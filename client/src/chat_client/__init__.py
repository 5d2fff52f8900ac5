"""The terminal client: a session with the chat, and two frontends for persons and scripts."""
