"""The registry's own settings."""

from collections.abc import Mapping
from dataclasses import dataclass

from chat_amqp.settings import virtual_host
from chat_tokens.settings import signing_keys
from chat_wire.limits import ACCESS_SECONDS
from chat_wire.settings import InvalidSetting, number

MIN_TOKEN_SECONDS, MAX_TOKEN_SECONDS = 20, 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrySettings:
    """The registry's own settings. No other service has the private key.

    Attributes:
        instance: The replica's name.
        private_key: The key that signs tokens, in PEM.
        public_key: Its public half, in PEM.
        vhost: The virtual host of the broker that the replica connects to.
        token_seconds: The life of a session's token. A session can read the rooms for so long after its end.
    """

    instance: str
    private_key: str
    public_key: str
    vhost: str
    token_seconds: int


def registry_settings(environ: Mapping[str, str], instance: str) -> RegistrySettings:
    """Read and check the registry's own settings.

    Args:
        environ: The environment variables.
        instance: The replica's name.

    Raises:
        SettingError: A setting is missing or wrong; the text says which and what to do.
    """
    private_key, public_key = signing_keys(environ)
    return RegistrySettings(
        instance=instance,
        private_key=private_key,
        public_key=public_key,
        vhost=virtual_host(environ),
        token_seconds=_token_seconds(environ),
    )


def _token_seconds(environ: Mapping[str, str]) -> int:
    seconds = number(environ, "TOKEN_SECONDS", ACCESS_SECONDS, least=MIN_TOKEN_SECONDS)
    if seconds > MAX_TOKEN_SECONDS:
        raise InvalidSetting(
            "TOKEN_SECONDS", f"is {seconds}: set it to a number from {MIN_TOKEN_SECONDS} to {MAX_TOKEN_SECONDS}"
        )
    return seconds
