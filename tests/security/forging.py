"""Tokens and identity cards that the registry has not signed, or not like this."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

Claims = dict[str, Any]
KEY = Ed25519PrivateKey.generate()
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
JWK = {
    "kty": "OKP",
    "crv": "Ed25519",
    "x": base64.urlsafe_b64encode(KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode().rstrip("="),
}


@dataclass(frozen=True, slots=True)
class Stolen:
    """The means of a forger.

    Attributes:
        claims: The claims of a genuine token, as a dictionary.
        genuine: That token, which is the forger's own.
        public_key: The registry's public key in PEM.
    """

    claims: Claims
    genuine: str
    public_key: str


def read(token: str) -> Claims:
    """Return the claims of a token, without a check."""
    return dict(jwt.decode(token, options={"verify_signature": False}))


def _part(value: Any) -> str:
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _hmac(stolen: Stolen, header: Claims, key: bytes) -> str:
    signed = f"{_part(header)}.{_part(stolen.claims)}"
    return f"{signed}.{_part(hmac.new(key, signed.encode(), hashlib.sha256).digest())}"


def _altered(stolen: Stolen, **claims: Any) -> str:
    header, _claims, signature = stolen.genuine.split(".")
    return f"{header}.{_part(stolen.claims | claims)}.{signature}"


def _signed(stolen: Stolen, **headers: Any) -> str:
    return jwt.encode(stolen.claims, KEY, algorithm="EdDSA", headers=headers)


# Each makes a token with the claims of somebody else.
FORGERIES: dict[str, Callable[[Stolen], str]] = {
    "alg none": lambda stolen: f"{_part({'alg': 'none'})}.{_part(stolen.claims)}.",
    "alg None, with a signature": lambda stolen: f"{_part({'alg': 'None'})}.{_part(stolen.claims)}.{_part(b'x' * 64)}",
    "alg none, with the kid": lambda stolen: f"{_part({'alg': 'none', 'kid': 'chat'})}.{_part(stolen.claims)}.",
    "no alg": lambda stolen: f"{_part({'typ': 'JWT'})}.{_part(stolen.claims)}.{_part(b'x' * 64)}",
    "HMAC with the public key": lambda stolen: _hmac(stolen, {"alg": "HS256"}, stolen.public_key.encode()),
    "HMAC with the public key, and the kid": lambda stolen: _hmac(
        stolen, {"alg": "HS256", "kid": "chat"}, stolen.public_key.encode()
    ),
    "HMAC with an empty key": lambda stolen: _hmac(stolen, {"alg": "HS256", "kid": "chat"}, b""),
    "a key of the forger": _signed,
    "a key of the forger, with the kid": lambda stolen: _signed(stolen, kid="chat"),
    "a key of the forger, in the token": lambda stolen: _signed(stolen, jwk=JWK),
    "a key of the forger, at an address": lambda stolen: _signed(stolen, jku="http://127.0.0.1:9/jwks.json"),
    "a kid that is a path": lambda stolen: _signed(stolen, kid="../../dev/null"),
    "a signature of zeros": lambda stolen: f"{stolen.genuine.rpartition('.')[0]}.{_part(bytes(64))}",
    "no signature": lambda stolen: f"{stolen.genuine.rpartition('.')[0]}.",
    "other claims under the signature": lambda stolen: _altered(stolen, sub="0" * 32, name="root"),
    "more life under the signature": lambda stolen: _altered(stolen, exp=int(time.time()) + 10**6, iat=0),
    "more scopes under the signature": lambda stolen: _altered(stolen, scope=["chat.read:*/*", "tag:administrator"]),
    "half of it": lambda stolen: stolen.genuine[: len(stolen.genuine) // 2],
    "nothing": lambda _stolen: "",
    "no token": lambda _stolen: "guest",
    "a signature before the claims": lambda stolen: ".".join(reversed(stolen.genuine.split("."))),
}
