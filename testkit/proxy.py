"""A TCP proxy whose network can go silent: it then forwards nothing, and neither side is told."""

import selectors
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

LOOPBACK = "127.0.0.1"
PIECE = 65_536


class Proxy:
    """Forwards connections to one address while `open` is set.

    Attributes:
        port: The port on the loopback interface at which it listens.
        open: Clear it to make the network silent, and set it again. Nothing is lost meanwhile, as with TCP: the bytes
            wait.
    """

    def __init__(self, host: str, port: int) -> None:
        """Listen, without forwarding yet.

        Args:
            host: The host to forward to.
            port: The port to forward to.
        """
        self.open = Event()
        self.open.set()
        self._target = (host, port)
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port = self._listener.getsockname()[1]
        self._ended = False

    def run(self) -> None:
        """Accept connections until `end`."""
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                Thread(target=self._serve, args=(near,), daemon=True).start()

    def end(self) -> None:
        """Close all connections."""
        self._ended = True
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self, near: socket.socket) -> None:
        self.open.wait()
        with near, suppress(OSError), socket.create_connection(self._target) as far:
            for one in (near, far):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._forward(near, far)

    def _forward(self, near: socket.socket, far: socket.socket) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(near, selectors.EVENT_READ, far)
            selector.register(far, selectors.EVENT_READ, near)
            while not self._ended:
                for key, _ in selector.select(0.2):
                    self.open.wait()
                    piece = key.fileobj.recv(PIECE)  # type: ignore[union-attr]
                    if not piece:
                        return
                    key.data.sendall(piece)


@contextmanager
def proxy_to(host: str, port: int) -> Iterator[Proxy]:
    """Yield a proxy that forwards to an address, and end it in the end."""
    proxy = Proxy(host, port)
    Thread(target=proxy.run, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.open.set()
        proxy.end()
