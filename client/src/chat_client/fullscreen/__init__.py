"""The full-screen face: the room, who is in it, and a line to type in."""
