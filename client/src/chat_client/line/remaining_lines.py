"""The messages in lines that the line client has read but not carried out."""

from collections.abc import Callable, Iterable

from chat_client import commands


def unsent_texts(lines: Iterable[str], enter: Callable[[str, commands.Frontend], None]) -> list[str]:
    """Return the texts that some lines would have posted, up to the command that leaves.

    Args:
        lines: The lines.
        enter: Carries out a line.
    """
    unsent = _Unsent()
    for line in lines:
        enter(line, unsent)
        if unsent.left:
            break
    return unsent.texts


class _Unsent:
    """A frontend that only notes the texts."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.left = False

    def post_text(self, text: str) -> None:
        self.texts.append(text)

    def leave_chat(self) -> None:
        self.left = True

    def reject_line(self, _line: str, _reason: str, /) -> None:
        pass

    def list_members(self) -> None:
        pass

    def list_my_messages(self) -> None:
        pass

    def search_messages(self, words: str) -> None:
        pass

    def go_to(self, _when: str, /) -> None:
        pass

    def ignore_person(self, _name: str, /) -> None:
        pass

    def unignore_person(self, _name: str, /) -> None:
        pass

    def set_bell(self, _mode: str, /) -> None:
        pass

    def set_preference(self, _argument: str, /) -> None:
        pass

    def show_help(self) -> None:
        pass

    def show_lines(self, *_lines: str) -> None:
        pass
