"""Why the registry refuses a request that is well-formed: errors whose reason and text the client gets."""

from chat_registry.limits import MAX_NAMES, MAX_NAMES_OF_AUTHOR
from chat_wire.errors import WireError


class NoSender(WireError):
    """A request of a session lacks the AMQP property `user_id`, by which the broker vouches for its sender."""

    reason = "no_sender"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("set the AMQP property user_id to the id of your session")


class TooManyNames(WireError):
    """The author holds as many names as one may."""

    reason = "too_many_names"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(f"you hold {MAX_NAMES_OF_AUTHOR} names, and nobody may hold more: leave the chat with one")


class Full(WireError):
    """The registry holds as many names as it can."""

    reason = "full"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(f"{MAX_NAMES} names are in use, and there is no room for another one: try again later")
