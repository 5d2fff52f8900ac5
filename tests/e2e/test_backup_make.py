"""The commands of docs/how-to/back-up-and-restore.md for `make`, run as they stand there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chat_wire.messages import Granted, History, Page, Refused
from testkit.chatter import Chatter, new_request
from testkit.guide import commands
from testkit.local_chat import LocalChat
from testkit.wait import until

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[LocalChat]:
    """Start a chat in a copy of the checkout, and stop it in the end."""
    (tmp_path / "backup").mkdir()
    made = LocalChat(tmp_path / "tree", {"/backup": tmp_path / "backup"})
    made.copy()
    try:
        made.run("make up")
        yield made
    finally:
        made.run("make down")


def guide(chat: LocalChat, before: str) -> None:
    """Run the block of commands that follows a text in the guide."""
    chat.run(commands("back-up-and-restore.md", before))


def history(person: Chatter) -> list[str]:
    question = History(request=new_request(), token=person.token, room="lobby", before=None, limit=50)
    page = person.request(question, "chat.archive", "archive.queries")
    assert isinstance(page, Page)
    return [message.text for message in page.messages]


def test_a_restored_chat_has_its_messages_and_its_names_and_goes_on(chat: LocalChat) -> None:
    ann = chat.person()
    assert isinstance(ann.claim("ann"), Granted)
    ann.post("one", "two")
    until(lambda: chat.recorded() == ["one", "two"])
    ann.close()

    guide(chat, "#back-up-and-restore). With `make`:")
    guide(chat, "does not find its streams at another one. With\n`make`:")

    thief, ann = chat.person(), chat.person(ann.secret)
    refused = thief.claim("ann")
    assert isinstance(refused, Refused)
    assert refused.reason == "name_taken"
    assert isinstance(ann.claim("ann"), Granted)
    assert history(ann) == ["one", "two"]
    ann.join()
    ann.post("three")
    ann.hear(lambda: [text for _, text in ann.heard()] == ["one", "two", "three"])
    until(lambda: chat.recorded() == ["one", "two", "three"])
