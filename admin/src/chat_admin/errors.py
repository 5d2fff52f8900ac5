"""What can go wrong for an operator.

AdminError
├── NoAnswer      no registry answered in time
└── NotReleased   the registry refused; the text says why
"""


class AdminError(Exception):
    """Base of all errors of the operator's command; the text is for people."""


class NoAnswer(AdminError):
    """No broker or no registry answered in time; the release may still be carried out."""


class NotReleased(AdminError):
    """The registry refused the release."""
