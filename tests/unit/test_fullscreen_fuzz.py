"""A short run of the fuzz that `make fuzz` does at length."""

import random

from testkit.fuzz_terminal import fuzz

INPUTS = 500


def test_random_input_neither_ends_nor_stops_the_client() -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}: make fuzz SEED={seed} INPUTS={INPUTS}")

    fuzz(seed, INPUTS)
