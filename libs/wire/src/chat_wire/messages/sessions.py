"""Messages about sessions: between clients, operators and the registry."""

from dataclasses import dataclass
from typing import Literal

from chat_wire.messages.numbers import Int64

EndReason = Literal["exited", "taken", "released"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A client asks for a name, through `chat.entrance`.

    The registry sends the answer, `Granted` or `Refused`, to the AMQP `reply_to`. A client that gets no answer sends
    the same claim again. It gets the same session as long as that lasts, and the same refusal for a minute; after the
    end of the session it gets `Refused` with the reason `session_ended`.

    Attributes:
        request: A random id, the same each time that the claim is sent.
        name: The name as typed.
        secret: A random text that the client keeps in its state directory. It identifies the person.
        quiet: Whether the rooms hear nothing of the session's presence: a script comes and goes often. A registry of
            0.2.0 ignores this field.
    """

    type: Literal["claim"] = "claim"
    request: str
    name: str
    secret: str
    quiet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """A client continues its session, through `chat.entrance`, as its token has expired.

    The registry answers with `Granted` or `Refused`.

    Attributes:
        request: A random id.
        session: The session's id.
        secret: The secret of the claim.
        token: The session's token in place of its id; only clients of 0.3.0 send it.
    """

    type: Literal["resume"] = "resume"
    request: str
    session: str = ""
    secret: str = ""
    token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renew:
    """A session says that it has connected, or asks for a token that expires later. The answer is `Granted`.

    The registry notes the address in the AMQP `reply_to`, and sends `SessionEnded` there. A session sends this at the
    beginning of each connection, and at half the life of its token.

    Attributes:
        request: A random id.
    """

    type: Literal["renew"] = "renew"
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """A session ends itself, which frees the name. The registry answers with `Exited`.

    Attributes:
        request: A random id.
        token: The session's token; only clients of 0.3.0 send it.
    """

    type: Literal["exit"] = "exit"
    request: str
    token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListUsers:
    """A session asks for the names in use. The registry answers with `Users`.

    Attributes:
        request: A random id.
        token: The session's token; only clients of 0.3.0 send it.
        after: A journal offset: the replica answers once it has applied the journal up to there.
    """

    type: Literal["list_users"] = "list_users"
    request: str
    token: str = ""
    after: Int64


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """An operator frees a name. The registry answers with `Released`, and accepts this from `chat.operator` only.

    Attributes:
        request: A random id.
        name: The name, whatever session holds it.
    """

    type: Literal["release"] = "release"
    request: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """The registry has given a name to a session, or has renewed its token.

    Attributes:
        request: The id of the `Claim`, `Resume` or `Renew`.
        session: The session's id.
        name: The name as typed.
        author: The SHA-256 of the secret; it identifies the person, and nobody else learns it.
        partition: The ingress partition for the session's posts, 0 to 15.
        token: The password with which the session's id logs in to the broker, opaque to the client.
        card: The identity card of the session, which its posts and questions carry, opaque to the client. Empty for a
            client of 0.3.0.
        expires: The time when the token expires.
        at: The time of the grant or of the renewal.
        offset: The journal offset of the grant, for `ListUsers`.
    """

    type: Literal["granted"] = "granted"
    request: str
    session: str
    name: str
    author: str
    partition: int
    token: str
    card: str = ""
    expires: int
    at: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A service has refused a request.

    Attributes:
        request: The id of the request; null if the service could not read it.
        reason: A code for programs.
        text: An explanation for people, in English.
    """

    type: Literal["refused"] = "refused"
    request: str | None
    reason: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exited:
    """The session has ended and its name is free.

    Attributes:
        request: The id of the `Exit`.
    """

    type: Literal["exited"] = "exited"
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Users:
    """The names in use, as typed and sorted.

    Attributes:
        request: The id of the `ListUsers`.
        connected: The names whose client is connected.
        disconnected: The names whose client has lost its connection.
        quiet: The names of quiet sessions, which the other two do not have: no notice tells when they leave.
    """

    type: Literal["users"] = "users"
    request: str
    connected: tuple[str, ...]
    disconnected: tuple[str, ...]
    quiet: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """The registry has freed a name for an operator.

    Attributes:
        request: The id of the `Release`.
        name: The name as its session typed it.
    """

    type: Literal["released"] = "released"
    request: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnded:
    """A session has ended, so its token is void.

    The registry publishes this to the stream `sessions.ended`. It also sends this to the session's inbox if the
    session did not end itself.

    Attributes:
        session: The session's id.
        expires: The time when the token would have expired.
        reason: Why the session ended: its client left, its person claimed the name again, or an operator freed it.
    """

    type: Literal["session_ended"] = "session_ended"
    session: str
    expires: int
    reason: EndReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """The registry publishes this to an inbox to learn whether the inbox exists. Clients ignore it."""

    type: Literal["probe"] = "probe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """A reader publishes this to a stream: when it comes back, the reader has read all earlier entries.

    Attributes:
        origin: An id of the reader, new for each connection.
    """

    type: Literal["marker"] = "marker"
    origin: str
