"""compose.postgres.yaml on a real Docker engine; runs only with TEST_COMPOSE=1, as it builds images.

If the image postgres:17 is missing, as on a machine that cannot pull it, a stand-in with Debian's PostgreSQL takes its
place.
"""

import os
import subprocess
from collections.abc import Iterator

import pytest

from testkit.compose import ROOT, Project
from testkit.wait import until

CHAT = Project("chat-postgres-test", ("compose.yaml", "compose.postgres.yaml"))
IMAGE = "postgres:17"

pytestmark = [
    pytest.mark.skipif("TEST_COMPOSE" not in os.environ, reason="TEST_COMPOSE is not set"),
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module", autouse=True)
def running() -> Iterator[None]:
    """Start the system, and remove it in the end."""
    found = subprocess.run(["docker", "image", "inspect", IMAGE], capture_output=True, check=False)
    if found.returncode != 0:
        command = ["docker", "build", "--quiet", "--tag", IMAGE, str(ROOT / "testkit/postgres-image")]
        subprocess.run(command, check=True, capture_output=True)
    with CHAT.running({}):
        yield


def test_messages_survive_the_absence_of_postgresql_and_log_txt_follows() -> None:
    ann = CHAT.enter("ana", "ann")
    ann.sendline("before")
    until(lambda: CHAT.transcript() == [("ann", "before")], 30, "log.txt follows")

    CHAT.run("stop", "postgres")
    ann.sendline("meanwhile")
    ann.expect("ann: meanwhile")
    CHAT.run("start", "postgres")

    until(lambda: CHAT.transcript() == [("ann", "before"), ("ann", "meanwhile")], 30, "log.txt has both")
    query = "PGPASSWORD=$(cat /secrets/postgres/password) psql --host=127.0.0.1 --username=tertulia --tuples-only -c"
    counted = CHAT.run("exec", "-T", "postgres", "sh", "-c", f"{query} 'SELECT count(*) FROM tertulia.posts'")
    assert counted.strip() == "2"
    ann.close()
