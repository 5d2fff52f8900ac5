"""The settings that hold keys: TOKEN_PRIVATE_KEY and TOKEN_PUBLIC_KEY."""

from collections.abc import Mapping

from cryptography.exceptions import UnsupportedAlgorithm

from chat_tokens.tokens import check_public_key, public_half
from chat_wire.settings import InvalidSetting, setting

_NOT_A_KEY = (ValueError, TypeError, UnsupportedAlgorithm)


def signing_keys(environ: Mapping[str, str]) -> tuple[str, str]:
    """Return the private key of TOKEN_PRIVATE_KEY and its public half, both in PEM.

    Args:
        environ: The environment variables.

    Raises:
        MissingSetting: TOKEN_PRIVATE_KEY is not set.
        InvalidSetting: It is not an Ed25519 private key in PEM, or it is encrypted.
    """
    pem = setting(environ, "TOKEN_PRIVATE_KEY")
    try:
        return pem, public_half(pem)
    except _NOT_A_KEY:
        raise InvalidSetting(
            "TOKEN_PRIVATE_KEY",
            "is not an Ed25519 private key in PEM: use the file registry/token_private_key that `chat-admin init` "
            "writes",
        ) from None


def verifying_key(environ: Mapping[str, str]) -> str:
    """Return the public key of TOKEN_PUBLIC_KEY, in PEM.

    Args:
        environ: The environment variables.

    Raises:
        MissingSetting: TOKEN_PUBLIC_KEY is not set.
        InvalidSetting: It is not an Ed25519 public key in PEM.
    """
    pem = setting(environ, "TOKEN_PUBLIC_KEY")
    try:
        check_public_key(pem)
    except _NOT_A_KEY:
        raise InvalidSetting(
            "TOKEN_PUBLIC_KEY",
            "is not an Ed25519 public key in PEM: use the file token_public_key that `chat-admin init` writes for the "
            "router and the archive",
        ) from None
    return pem
