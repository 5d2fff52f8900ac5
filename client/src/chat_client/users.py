"""The question for the users of the chat."""

from chat_client.events import UsersListed
from chat_client.member_link import MemberLink
from chat_client.requests import Question
from chat_wire.messages import Granted, ListUsers, Users


class UsersQuestion(Question[Users]):
    """Asks the registry for the users."""

    expects = Users

    def ask(self, _now: float) -> None:
        """Ask for the users."""
        self._requests.ask(self)

    def message(self, request: str, grant: Granted) -> ListUsers:
        """Return the question; its answer is at least as recent as the session."""
        return ListUsers(request=request, token=grant.token, after=grant.offset)

    def answered(self, answer: Users, _link: MemberLink, _now: float) -> None:
        """Tell the users."""
        self._emit(UsersListed(connected=answer.connected, disconnected=answer.disconnected))
