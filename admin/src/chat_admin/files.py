"""The files of an installation."""

from pathlib import Path


def write(path: Path, text: str) -> None:
    """Replace a file in one step, readable by owner and group; leave a file that has this text as it is.

    Args:
        path: The file.
        text: Its new text.

    Raises:
        OSError: The file cannot be read or written.
    """
    if path.exists() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.chmod(0o640)
    draft.rename(path)
