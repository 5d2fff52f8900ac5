"""A PostgreSQL server for tests, which may also kill it.

PostgreSQL refuses to run as root, so root starts it as the user `postgres` of Debian's package. Its data is in a
temporary directory below /tmp, because that user cannot enter the directories of pytest.
"""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg

from testkit.metrics import free_port
from testkit.wait import until

LOOPBACK = "127.0.0.1"
USER = "chat"
# The tests end the server, never the machine: what it has written stays.
OPTIONS = ("fsync=off", "full_page_writes=off", "unix_socket_directories=", "max_connections=200")


class Postgres:
    """A server on a free port, in which the user `chat` may do everything without a password.

    Attributes:
        address: The address at which it listens.
        port: Its port.
    """

    def __init__(self, directory: Path, address: str = LOOPBACK, inside: Sequence[str] = ()) -> None:
        """Make the server's data; `start` starts it.

        Args:
            directory: An empty directory for its files.
            address: The address at which it listens.
            inside: The command that runs another command in the network namespace of the address.
        """
        self.address = address
        self.port = free_port()
        self._data = directory / "data"
        self._log = directory / "postgres.log"
        self._inside = inside
        self._process: subprocess.Popen[bytes] | None = None
        # setpriv ends the server when the thread that started it ends, so that thread lives as long as this object.
        self._starter = ThreadPoolExecutor(1)
        if os.getuid() == 0:
            shutil.chown(directory, "postgres", "postgres")
        make = [_program("initdb"), "--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C", f"--username={USER}"]
        subprocess.run([*_as_user(), *make, str(self._data)], check=True, capture_output=True, cwd="/")
        with (self._data / "pg_hba.conf").open("a") as access:
            access.write("host all all 0.0.0.0/0 trust\n")

    def start(self) -> None:
        """Start the server, or start it again with its data, and wait until it answers."""
        until(self._answers, 60, "PostgreSQL answers")

    def kill(self) -> None:
        """Send SIGKILL, and wait for the end of the process."""
        assert self._process
        self._process.kill()
        self._process.wait(10)

    def stop(self) -> None:
        """Stop the server at once, if it runs: it writes nothing more, and recovers when it starts again."""
        if self._process:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(30)

    def create_database(self) -> str:
        """Create an empty database, and return its URL for SQLAlchemy."""
        name = f"test_{secrets.token_hex(6)}"
        with self._connect() as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return f"postgresql+psycopg://{USER}@{self.address}:{self.port}/{name}"

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=self.address, port=self.port, user=USER, dbname="postgres", autocommit=True, connect_timeout=2
        )

    def _answers(self) -> bool:
        """Return whether the server answers; start it if it does not run.

        A server ends at once while processes of one that was killed are still ending.
        """
        if self._process is None or self._process.poll() is not None:
            self._process = self._starter.submit(self._started).result()
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _started(self) -> subprocess.Popen[bytes]:
        settings = [part for option in OPTIONS for part in ("-c", option)]
        server = [_program("postgres"), "-D", str(self._data), "-h", self.address, "-p", str(self.port), *settings]
        with self._log.open("ab") as output:
            return subprocess.Popen(
                [*self._inside, *_as_user(), *server],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                cwd="/",
            )


@contextmanager
def running_postgres(address: str = LOOPBACK, inside: Sequence[str] = ()) -> Iterator[Postgres]:
    """Start a server, and stop it and remove its data in the end. The arguments are those of `Postgres`."""
    with tempfile.TemporaryDirectory(prefix="chat-postgres-", dir="/tmp") as directory:
        made = Postgres(Path(directory), address, inside)
        try:
            made.start()
            yield made
        finally:
            made.stop()


def installed() -> bool:
    """Return whether PostgreSQL's server is installed."""
    return bool(_directories())


def _program(name: str) -> str:
    """Return the path of a program of the newest version."""
    return str(_directories()[-1] / name)


def _directories() -> list[Path]:
    """Return the directories of PostgreSQL's programs: Debian has one for each version, and none in PATH."""
    found = shutil.which("initdb")
    debian = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return [Path(found).parent] if found else sorted(debian, key=lambda path: int(path.parent.name))


def _as_user() -> list[str]:
    """Return the command that runs a server as an ordinary user, and ends it with the test."""
    root = ["--reuid=postgres", "--regid=postgres", "--init-groups"] if os.getuid() == 0 else []
    return ["setpriv", *root, "--pdeathsig=QUIT"]
