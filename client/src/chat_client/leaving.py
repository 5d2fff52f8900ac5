"""Leaving a face, from wherever it is."""

INTERRUPTED = 130


class Leave(Exception):
    """Ends the face with an exit status. Raised by signals too, so it may come anywhere."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status
