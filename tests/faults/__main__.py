"""Inject faults while people chat, and judge what they saw.

    python -m tests.faults                          each fault alone, then mixed; always with the same seeds
    python -m tests.faults --only network --seed 4  one kind of fault (or mixed)
    python -m tests.faults --minutes 60 --seed 9    mixed faults, run after run, each with the next seed
    python -m tests.faults --minutes 60 --nodes 3   the same on three RabbitMQ nodes

The command prints the injected faults and, for each property, the number of checked operations and all violations. If
it finds a violation, it exits with status 1 and keeps the histories, logs and log.txt of that run. To repeat a run,
pass its name and seed.
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
# Found a defect: a member who joined without history saw old posts when they were published again.
REGRESSION_SEED = 113


def main() -> None:
    """Run the faults that the command line names."""
    arguments = _arguments()
    not_isolated = isolate("tests.faults", sys.argv[1:])
    skipped = unavailable(not_isolated)
    for name in {arguments.only, NODES if arguments.nodes > 1 else None} & skipped.keys():
        sys.exit(f"cannot inject {name} faults here: {skipped[name]}")
    for name, reason in skipped.items():
        print(f"skipping {name} faults: {reason}", flush=True)
    directory = Path(tempfile.mkdtemp(prefix="tertulia-faults-"))
    total = _play(arguments, directory, not not_isolated, set(skipped))
    print(total.table())
    if total.violations:
        sys.exit(f"found {total.violations} violations: see the histories and logs of these runs in {directory}")
    shutil.rmtree(directory)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=[*ALONE, MIXED], help="the kind of fault to inject")
    parser.add_argument("--minutes", type=float, default=0, help="how long to go on with mixed faults")
    parser.add_argument("--seed", type=int, default=1, help="the seed of the first run")
    parser.add_argument("--nodes", type=int, choices=(1, 3), default=1, help="RabbitMQ nodes, for mixed faults")
    return parser.parse_args()


def _play(arguments: argparse.Namespace, directory: Path, isolated: bool, skipped: set[str]) -> Tally:
    total = Tally()
    print(HEAD, flush=True)
    for nodes, runs in groupby(_runs(arguments, skipped), key=lambda each: each[0]):
        place = directory / f"nodes-{nodes}"
        with staged(place, isolated, nodes) as stage:
            for _, name, seed in runs:
                tally = stage.play(name, seed, mixed(MIXED_SECONDS, skipped) if name == MIXED else alone(name))
                print(*tally.runs, *tally.violation_lines(), sep="\n", flush=True)
                total.add(tally)
                if not tally.violations:
                    shutil.rmtree(place / f"{name}-{seed}")
    return total


def _runs(arguments: argparse.Namespace, skipped: set[str]) -> Iterator[tuple[int, str, int]]:
    """Yield the number of nodes, the name and the seed of each run."""
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
        yield 1, MIXED, REGRESSION_SEED
        if NODES not in skipped:
            yield 3, NODES, seed


if __name__ == "__main__":
    main()
