"""Moves the clock of this process: Python imports this module at its start if PYTHONPATH has this directory."""

import os
import time

from time_machine import travel

travel(time.time() + int(os.environ["PYTHON_CLOCK_OFFSET"])).start()
time.time()  # The moved clock stands still until it is read for the first time.
