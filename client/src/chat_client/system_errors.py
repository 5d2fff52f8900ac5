"""The errors of the operating system in the language in use.

The C library has translations too, but only on machines where that locale is installed.
"""

from chat_client.language import _, marked

# What os.strerror says for the errors that a terminal, a pipe or the state directory can bring.
COMMON = (
    marked("Bad file descriptor"),
    marked("Broken pipe"),
    marked("Device or resource busy"),
    marked("Disk quota exceeded"),
    marked("File exists"),
    marked("File name too long"),
    marked("File too large"),
    marked("Input/output error"),
    marked("Is a directory"),
    marked("No space left on device"),
    marked("No such file or directory"),
    marked("Not a directory"),
    marked("Operation not permitted"),
    marked("Permission denied"),
    marked("Read-only file system"),
    marked("Stale file handle"),
    marked("Too many levels of symbolic links"),
    marked("Too many open files"),
)


def why(error: OSError) -> str:
    """Return why the system refused something."""
    return _(error.strerror) if error.strerror else str(error)
