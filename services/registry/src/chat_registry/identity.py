"""The identity of a registry replica on one connection."""

import secrets
from dataclasses import dataclass

from chat_amqp.publisher import Publication
from chat_registry.journal import JournalMarker
from chat_registry.settings import RegistrySettings
from chat_wire.codec import encode


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaIdentity:
    """The name and keys of a replica.

    Attributes:
        origin: The name that the replica writes into its journal entries and markers.
        private_key: The key that signs tokens, in PEM.
        public_key: The key that verifies tokens, in PEM.
        vhost: The virtual host, which the scopes of a session name.
        token_seconds: The life of a session's token.
    """

    origin: str
    private_key: str
    public_key: str
    vhost: str
    token_seconds: int

    def marker(self, exchange: str) -> Publication:
        """Return a marker for a stream: once the replica reads it, it has read everything older."""
        return Publication(exchange=exchange, routing_key="", body=self._marker())

    def is_own_marker(self, body: bytes) -> bool:
        """Return whether a message is this replica's marker."""
        return body == self._marker()

    def _marker(self) -> bytes:
        return encode(JournalMarker(origin=self.origin))


def new_identity(settings: RegistrySettings) -> ReplicaIdentity:
    """Return an identity with a new origin, so a replica never takes an earlier connection's entries for its own."""
    return ReplicaIdentity(
        origin=f"{settings.instance}-{secrets.token_hex(8)}",
        private_key=settings.private_key,
        public_key=settings.public_key,
        vhost=settings.vhost,
        token_seconds=settings.token_seconds,
    )
