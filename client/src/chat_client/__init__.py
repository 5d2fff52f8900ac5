"""The terminal client: a session with the chat, and the faces that show it to a person or a script."""
