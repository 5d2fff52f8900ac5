"""Addresses of direct reply-to that the broker has not made."""

import base64
import struct

from chat_amqp import topology


def forged_addresses(address: str) -> list[str]:
    """Return addresses that the broker has not made, some of them like one that it has made.

    Args:
        address: A genuine address.
    """
    *_, encoded, key = address.split(".")
    process = base64.b64decode(encoded)
    node = process[:-12]

    def written(process: bytes) -> str:
        return f"{topology.REPLY_TO}.{base64.b64encode(process).decode()}.{key}"

    return [
        f"{topology.REPLY_TO}.x.x",
        f"{topology.REPLY_TO}.",
        f"{topology.REPLY_TO}.{key}",
        f"{topology.REPLY_TO}.{base64.b64encode(process).decode()}",
        f"{address}.{key}",
        f"{topology.REPLY_TO}.!.{key}",
        f"{topology.REPLY_TO}.{base64.b64encode(process).decode()[:-1]}.{key}",
        written(b""),
        written(b"\x83"),
        written(process + b"x"),
        written(process.replace(b"reply@", b"other@")),
        written(node[:-1] + b"x" + process[-12:]),
        written(node + struct.pack(">III", 2**15, 0, 0)),
        written(node + struct.pack(">III", 0, 2**13, 0)),
        written(node + struct.pack(">III", 2**32 - 1, 2**32 - 1, 2**32 - 1)),
    ]
