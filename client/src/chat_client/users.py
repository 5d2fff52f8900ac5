"""The request for the users of the chat."""

from chat_client.events import UsersListed
from chat_client.member_link import MemberLink
from chat_client.requests import Request
from chat_wire.messages import Granted, ListUsers, Users


class UsersRequest(Request[Users]):
    """Asks the registry for the users."""

    expects = Users

    def ask(self, _now: float) -> None:
        """Ask for the users."""
        self._pending.add(self)

    def message(self, id: str, grant: Granted) -> ListUsers:
        """Return the message. Its answer is at least as recent as the session."""
        return ListUsers(request=id, after=grant.offset)

    def answered(self, answer: Users, _link: MemberLink, _now: float) -> None:
        """Report the users."""
        self._emit(UsersListed(connected=answer.connected, disconnected=answer.disconnected, quiet=answer.quiet))
