"""The full-screen client: the room, its members, and a line to type in."""
