"""The wall clock of the processes that run tests, and of the Python processes that they start.

The monotonic clock stays right, and the broker keeps the true time. The fault tests step the clock of a running service
with libfaketime, which does not work here: `time.sleep` fails under it (Python sleeps until an absolute time), it uses
a descriptor that the test has closed, and each killed process leaves files in /dev/shm.
"""

import os
import re
import time
from datetime import datetime
from pathlib import Path

from time_machine import travel

HOOK = Path(__file__).with_name("moved_clock")
SECONDS = {"d": 86_400, "s": 1}


def offset(wanted: str) -> int:
    """Return how many seconds to move the clock: `+40d`, `-3600s`, or up to a time such as 2028-02-29T23:58Z."""
    distance = re.fullmatch(r"([+-]\d+)([ds])", wanted)
    if distance:
        return int(distance[1]) * SECONDS[distance[2]]
    return round(datetime.fromisoformat(wanted).timestamp() - time.time())


def move(seconds: int) -> travel:
    """Move the clock of this process and of each Python process that it starts; `stop` moves its own back."""
    moved = travel(time.time() + seconds)
    moved.start()
    time.time()  # The moved clock stands still until it is read for the first time.
    # Both names begin with PYTHON: a test that passes on only Python's variables passes on both or neither.
    path = filter(None, (str(HOOK), os.environ.get("PYTHONPATH")))
    os.environ.update(PYTHON_CLOCK_OFFSET=str(seconds), PYTHONPATH=os.pathsep.join(path))
    return moved
