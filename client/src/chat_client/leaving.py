"""Leaving a frontend from any place in it."""

INTERRUPTED = 130  # the exit status of a program that SIGINT has ended


class Leave(Exception):
    """Ends the frontend. A signal handler may raise it anywhere."""

    def __init__(self, status: int) -> None:
        """Leave with an exit status."""
        super().__init__(status)
        self.status = status
