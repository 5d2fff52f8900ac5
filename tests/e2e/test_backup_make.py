"""The commands of how-to pages for `make`, run as they stand there."""

import shutil
import stat
import subprocess
from collections.abc import Iterator
from urllib.parse import urlsplit

import orjson
import pytest
from amqp.exceptions import AccessRefused

from chat_amqp import topology
from chat_amqp.publisher import Publication
from chat_wire.messages import Granted, History, Page, Refused, SessionEnded
from testkit.chatter import Chatter, new_request
from testkit.guide import commands
from testkit.local_chat import LocalChat
from testkit.wait import until

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalChat]:
    """Start a chat in a copy of the checkout, and stop it in the end."""
    directory = tmp_path_factory.mktemp("make")
    made = LocalChat(directory / "tree", {"/backup": directory / "backup"})
    (directory / "backup").mkdir()
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
    page = person.ask(History(request=new_request(), card=person.card, before=None, limit=50))
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


def test_an_operator_frees_a_name_and_finds_the_letters_that_are_dead(chat: LocalChat) -> None:
    # given
    bob = chat.person()
    assert isinstance(bob.claim("bob"), Granted)
    assert bob.granted
    key = topology.posts_key(bob.granted.partition, "lobby")
    bob.publisher.publish(Publication(exchange="chat.posts", routing_key=key, body=b"nonsense"))
    bob.confirmed()

    # when
    released = chat.run(commands("free-a-name.md", "Release the name.").replace("NAME", "bob"))

    # then
    assert "bob" in released
    bob.hear(lambda: any(isinstance(reply, SessionEnded) for reply in bob.replies))
    prepare = commands("handle-dead-letters.md", "After `make up`:")
    script = prepare + commands("handle-dead-letters.md", "List the letters:")
    listed = until(lambda: chat.run(script), 20, "the letter is listed")
    assert f"router.posts.{bob.granted.partition}" in listed


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed: run local/install.sh jq")
def test_a_message_with_a_trace_is_found_in_the_logs_of_all_services(chat: LocalChat) -> None:
    page = "follow-a-message.md"
    send = f"export XDG_STATE_HOME={chat.tree}/state\n{commands(page, 'Send a message with a trace:')}echo $trace"
    trace = chat.run(send).splitlines()[-1]
    select = f"trace={trace}\n{commands(page, 'Select the lines of the trace.')}"

    def events() -> list[str]:
        return [orjson.loads(line)["event"] for line in chat.run(select, shell="bash").splitlines()]

    until(
        lambda: events() == ["session.claimed", "session.ended", "batch.published", "posts.recorded"],
        20,
        "the logs have the trace",
    )


def test_a_changed_password_is_that_of_the_running_chat(chat: LocalChat) -> None:
    before = chat.secret("client")

    chat.run(commands("change-passwords-and-keys.md", "With `make`, the secrets are in `.run/secrets`:"))

    assert chat.secret("client") != before
    carl = chat.person()
    assert isinstance(carl.claim("carl"), Granted)
    with pytest.raises(AccessRefused):
        Chatter(before).claim("dora")


def test_nobody_else_on_the_machine_can_read_what_was_said_or_a_secret(chat: LocalChat) -> None:
    # given
    for path in (chat.tree / "data", chat.tree / ".run"):
        path.chmod(0o755)  # as up to 0.3.0

    # when
    chat.run("make up")

    # then
    for path in (chat.tree / "data", chat.tree / ".run"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700, path
    opened = [path for path in (chat.tree / "data").iterdir() if stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert not opened
    running = subprocess.run(["ps", "axww", "-o", "args"], check=True, capture_output=True, text=True).stdout
    assert "chat_registry" in running
    assert not [secret for secret in secrets_of(chat) if secret in running]


def secrets_of(chat: LocalChat) -> list[str]:
    """Return the passwords, the key of the tokens and the cookie of the nodes."""
    files = (chat.tree / ".run/secrets").rglob("*")
    urls = [urlsplit(path.read_text().split(";")[0]).password for path in files if path.name.endswith("_url")]
    key = (chat.tree / ".run/secrets/registry/token_private_key").read_text().splitlines()[1]
    cookie = (chat.tree / ".run/secrets/broker/erlang_cookie").read_text()
    found = [each for each in (*urls, key, cookie) if each]
    assert len(found) == len(urls) + 2
    return found
