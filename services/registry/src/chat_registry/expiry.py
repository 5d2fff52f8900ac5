"""When tokens expire."""

from chat_registry.state import State
from chat_wire.limits import TOKEN_SECONDS
from chat_wire.units import SECOND


def token_expiry(state: State, life: int) -> int:
    """Return the expiry of a token minted now, in microseconds, as a whole second: JWT counts in seconds.

    Args:
        state: The state, whose time is now.
        life: The life of the token, in seconds; 0 for a client of 0.3.0.
    """
    return (state.time // SECOND + (life or TOKEN_SECONDS)) * SECOND
