"""Errors of the operator's command.

AdminError
├── NoAnswer              the broker or a service did not answer in time
│   └── InAlarm           the broker is in alarm and takes no messages
├── NoFigures             the management API did not answer, or refused
├── NoReports             the broker gave no health reports
└── NotDone               the command was refused, or a part of it; the text says why
    ├── NotReleased       the registry refused the release
    ├── NoSuchLetter      no dead letter has this id
    ├── NotReplayed       a letter, or some of several, stay in dead-letters
    ├── NotExported       the archive refused the export
    └── NotImported       messages of a file, or some of them, were not imported
"""


class AdminError(Exception):
    """Base of the errors of the operator's command. The text is for people."""


class NoAnswer(AdminError):
    """The broker or a service did not answer in time. The command may still take effect."""


class InAlarm(NoAnswer):
    """The broker is short of disk or memory, and takes no messages. The command may take effect when that ends."""


class NoFigures(AdminError):
    """The management API of the broker did not answer, or refused; the text says why."""


class NoReports(AdminError):
    """The broker did not answer, or gave no health reports; the text says why."""


class NotDone(AdminError):
    """The command was refused, or a part of it; the text says which part and why."""


class NotReleased(NotDone):
    """The registry refused the release."""


class NoSuchLetter(NotDone):
    """No letter in dead-letters has this id. Perhaps an operator has dropped or replayed it."""


class NotReplayed(NotDone):
    """A letter could not be sent to its queue, and stays. Other letters of the same command may have been sent."""


class NotExported(NotDone):
    """The archive refused the export, or its index changed meanwhile."""


class NotImported(NotDone):
    """Messages of a file, or some of them, were not imported. Those before them may have been."""


def why(error: object) -> str:
    """Return the reason in an error for people, without the number of the operating system.

    Args:
        error: An error, or the text of one.
    """
    return getattr(error, "strerror", None) or str(error) or repr(error)
