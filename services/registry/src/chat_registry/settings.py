"""The registry's own settings."""

from collections.abc import Mapping
from dataclasses import dataclass

from chat_tokens.settings import signing_keys


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrySettings:
    """The registry's own settings. No other service has the private key.

    Attributes:
        instance: The replica's name.
        private_key: The key that signs tokens, in PEM.
        public_key: Its public half, in PEM.
    """

    instance: str
    private_key: str
    public_key: str


def registry_settings(environ: Mapping[str, str], instance: str) -> RegistrySettings:
    """Read and check the registry's own settings.

    Args:
        environ: The environment variables.
        instance: The replica's name.

    Raises:
        SettingError: A setting is missing or wrong; the text says which and what to do.
    """
    private_key, public_key = signing_keys(environ)
    return RegistrySettings(instance=instance, private_key=private_key, public_key=public_key)
