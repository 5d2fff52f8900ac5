"""The RabbitMQ on which tests run, controlled through its management API."""

import json
import secrets
import urllib.request
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit


@dataclass(frozen=True)
class TestBroker:
    """A RabbitMQ.

    Attributes:
        amqp_url: The AMQP URL of a user with all permissions; the URLs of several nodes are separated by `;`.
        management_url: The URL of the management API, with a user.
        secrets_dir: The directory that `chat-admin init` made, with the URL of each user.
    """

    __test__ = False

    amqp_url: str
    management_url: str
    secrets_dir: Path

    def url(self, user: str, vhost: str) -> str:
        """Return the AMQP URL by which a service, the client or the admin reaches a virtual host."""
        made = urlsplit((self.secrets_dir / user / "amqp_url").read_text().strip())
        addresses = [urlsplit(each).netloc.rpartition("@")[2] for each in self.amqp_url.split(";")]
        user_at = f"amqp://{made.username}:{made.password}@"
        return ";".join(f"{user_at}{address}/{quote(vhost, safe='')}" for address in addresses)

    def import_definitions(self) -> None:
        """Create the users, permissions and policies that `chat-admin init` defined."""
        self.call("POST", "definitions", json.loads((self.secrets_dir / "broker/definitions.json").read_text()))

    def create_vhost(self) -> str:
        """Create a virtual host with the permissions and policies of production, and return its name."""
        vhost = f"test-{secrets.token_hex(6)}"
        self.call("PUT", f"vhosts/{vhost}")
        definitions = json.loads((self.secrets_dir / "broker/definitions.json").read_text())
        for each in definitions["permissions"]:
            rights = {key: each[key] for key in ("configure", "write", "read")}
            self.call("PUT", f"permissions/{vhost}/{each['user']}", rights)
        for each in definitions["policies"]:
            self.set_policy(vhost, each["name"], each["pattern"], each["definition"], priority=0)
        operator = urlsplit(self.amqp_url).username
        self.call("PUT", f"permissions/{vhost}/{operator}", {"configure": ".*", "write": ".*", "read": ".*"})
        return vhost

    def delete_vhost(self, vhost: str) -> None:
        """Delete a virtual host with its queues and exchanges."""
        self.call("DELETE", f"vhosts/{vhost}")

    def empty(self, vhost: str) -> None:
        """Delete every queue and every exchange of the chat in a virtual host."""
        name = quote(vhost, safe="")
        for queue in self.call("GET", f"queues/{name}"):
            with suppress(HTTPError):  # an exclusive queue may disappear with its connection
                self.call("DELETE", f"queues/{name}/{quote(queue['name'])}")
        for exchange in self.call("GET", f"exchanges/{name}"):
            if exchange["name"].startswith("chat."):
                self.call("DELETE", f"exchanges/{name}/{exchange['name']}")

    def set_policy(self, vhost: str, name: str, pattern: str, definition: dict[str, Any], priority: int = 100) -> None:
        """Set a policy on queues, with a higher priority than those of the chat unless you give another one."""
        body = {"pattern": pattern, "definition": definition, "apply-to": "queues", "priority": priority}
        self.call("PUT", f"policies/{quote(vhost, safe='')}/{name}", body)

    def queue(self, vhost: str, name: str) -> dict[str, Any]:
        """Return the properties of a queue; an empty dictionary if it does not exist, or is being made or deleted."""
        try:
            return dict(self.call("GET", f"queues/{quote(vhost, safe='')}/{quote(name)}"))
        except HTTPError as error:
            if error.code not in (404, 500):
                raise
            return {}

    def delete_queue(self, vhost: str, name: str) -> None:
        """Delete a queue or stream, even if it has consumers."""
        self.call("DELETE", f"queues/{quote(vhost, safe='')}/{quote(name)}")

    def close_connections(self, names: Iterable[str]) -> None:
        """Let the broker close connections, as an operator does."""
        for name in names:
            self.call("DELETE", f"connections/{quote(name, safe='')}")

    def version(self) -> tuple[int, ...]:
        """Return the version of RabbitMQ, such as (4, 3, 6)."""
        return tuple(map(int, self.call("GET", "overview")["rabbitmq_version"].split(".")))

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request to the management API, and return the decoded answer.

        Args:
            method: The HTTP method.
            path: The path below `/api/`.
            body: The JSON body, if any.

        Raises:
            HTTPError: The answer is an error.
        """
        parts = urlsplit(self.management_url)
        url = f"{parts.scheme}://{parts.hostname}:{parts.port}/api/{path}"
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
        manager = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        manager.add_password(None, url, parts.username or "", parts.password or "")
        opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(manager))
        with opener.open(request, timeout=30) as answer:
            content = answer.read()
        return json.loads(content) if content else None
