"""What the registry is told by its environment."""

from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from chat_wire.settings import InvalidSetting, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrySettings:
    """`instance` names the replica; the keys for tokens are in PEM, and only the registry has the private one."""

    instance: str
    private_key: str
    public_key: str


def registry_settings(environ: Mapping[str, str], instance: str) -> RegistrySettings:
    """Read the registry's own settings; raises SettingError."""
    private_key = setting(environ, "TOKEN_PRIVATE_KEY")
    return RegistrySettings(instance=instance, private_key=private_key, public_key=public_half(private_key))


def public_half(private_key: str) -> str:
    """The public key (PEM) that goes with a private one; raises InvalidSetting."""
    try:
        key = load_pem_private_key(private_key.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InvalidSetting(f"TOKEN_PRIVATE_KEY is no private key in PEM: {error}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidSetting("TOKEN_PRIVATE_KEY is no Ed25519 key: make one with chat-admin init")
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
