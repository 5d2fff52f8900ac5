"""The part of a session that the frontends use."""

from typing import Protocol

from chat_client.places import Query


class ChatSession(Protocol):
    """A session as the frontends use it: `chat_client.session.Session`, or a fake in a test.

    All methods except `close` return at once. Their outcomes arrive as events.
    """

    def start(self) -> None:
        """Start to connect."""

    def join(self, name: str, *, quiet: bool = False) -> None:
        """Claim a name: Joined or NameRefused follows. Raises InvalidName for a name that breaks the rules.

        The room hears nothing of the presence of a quiet member.
        """

    def post(self, text: str) -> int:
        """Post a message and return its sequence, which MessageReceived or NotSent carries. Raises InvalidText."""

    def users(self) -> None:
        """Request the list of users: UsersListed follows."""

    def my_messages(self) -> None:
        """Request all messages of this person under this name: one or more MyMessagesListed follow."""

    def history(self, query: Query) -> None:
        """Request a page of the room's history: HistoryListed follows."""

    def search(self, words: str) -> None:
        """Request the newest messages that hold all words: SearchListed follows."""

    def search_more(self) -> None:
        """Request the page before the oldest message found: SearchListed follows."""

    def exit(self) -> None:
        """Leave and free the name once all posts have come back and all requests are answered: Ended follows."""

    def close(self) -> None:
        """Stop at once and keep the name. NotSent reports each post that has not come back."""
