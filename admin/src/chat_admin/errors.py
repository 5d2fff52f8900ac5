"""What can go wrong for an operator.

AdminError
├── NoAnswer          no broker or no registry answered in time
└── NotDone           what was asked for is not to be had; the text says why
    ├── NotReleased       the registry refused
    ├── NoSuchLetter      no dead letter has this id
    └── NotReplayed       the letter stays in dead-letters
"""


class AdminError(Exception):
    """Base of all errors of the operator's command; the text is for people."""


class NoAnswer(AdminError):
    """No broker or no registry answered in time; what was asked may still be carried out."""


class NotDone(AdminError):
    """It was asked for and was not done."""


class NotReleased(NotDone):
    """The registry refused the release."""


class NoSuchLetter(NotDone):
    """No letter in dead-letters has this id: it was dropped or replayed, or never was."""


class NotReplayed(NotDone):
    """The letter could not be sent to where it came from."""
