"""Break the chat while people chat, and judge what they saw.

    python -m tests.faults                          each fault alone, then mixed; always the same seeds
    python -m tests.faults --only network --seed 4  one fault (or mixed)
    python -m tests.faults --minutes 60 --seed 9    mixed, one run after the other, each with the next seed
    python -m tests.faults --minutes 60 --nodes 3   the same on a RabbitMQ of three nodes

It prints what was done and what was found of each property. The exit status is 1 when anything was violated; then the
histories, logs and log.txt of that run are kept, and the seed of the run shows it again.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from tests.faults.isolation import isolate
from tests.faults.schedule import ALONE, FORGERY, NODES, alone, mixed, unavailable
from tests.faults.stage import staged
from tests.faults.tally import HEAD, Tally

MIXED = "mixed"
MIXED_SECONDS = 40
FOUND = 113  # the seed that showed old posts to who joined before they came again


def main() -> None:
    """Do what the command line asks for."""
    arguments = _arguments()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    not_isolated = isolate("tests.faults", sys.argv[1:])
    skipped = unavailable(not_isolated)
    for name in {arguments.only, NODES if arguments.nodes > 1 else None} & skipped.keys():
        sys.exit(f"{name} cannot be had here: {skipped[name]}")
    for name, reason in skipped.items():
        print(f"{name} is left out: {reason}")
    directory = Path(tempfile.mkdtemp(prefix="tertulia-faults-"))
    total = _play(arguments, directory, not not_isolated, set(skipped))
    print(total.table())
    if total.violations:
        sys.exit(f"{total.violations} violations; what the runs with any have left is in {directory}")
    shutil.rmtree(directory)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=[*ALONE, MIXED], help="one fault")
    parser.add_argument("--minutes", type=float, default=0, help="mixed for so long")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--nodes", type=int, choices=(1, 3), default=1, help="of RabbitMQ, for mixed faults")
    return parser.parse_args()


def _play(arguments: argparse.Namespace, directory: Path, isolated: bool, skipped: set[str]) -> Tally:
    total = Tally()
    print(HEAD)
    for nodes, runs in groupby(_runs(arguments, skipped), key=lambda each: each[0]):
        place = directory / f"nodes-{nodes}"
        with staged(place, isolated, nodes) as stage:
            for _, name, seed in runs:
                tally = stage.play(name, seed, mixed(MIXED_SECONDS, skipped) if name == MIXED else alone(name))
                print(*tally.runs, *tally.words(), sep="\n")
                total.add(tally)
                if not tally.violations:
                    shutil.rmtree(place / f"{name}-{seed}")
    return total


def _runs(arguments: argparse.Namespace, skipped: set[str]) -> Iterator[tuple[int, str, int]]:
    """Nodes, names and seeds of the runs to do."""
    seed, until = arguments.seed, time.monotonic() + arguments.minutes * 60
    if arguments.only:
        yield 3 if arguments.only == NODES else arguments.nodes, arguments.only, seed
    elif arguments.minutes:
        while time.monotonic() < until:
            yield arguments.nodes, MIXED, seed
            seed += 1
    else:
        for name in ALONE:
            if name not in skipped | {NODES, FORGERY}:
                yield 1, name, seed
        yield 1, MIXED, FOUND
        if NODES not in skipped:
            yield 3, NODES, seed


if __name__ == "__main__":
    main()
