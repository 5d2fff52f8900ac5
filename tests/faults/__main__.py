"""Inject faults while people chat, and judge what they saw.

    python -m tests.faults                          each fault alone, then mixed; always with the same seeds
    python -m tests.faults --share 1/3              every third of these runs; 2/3 and 3/3 have the others
    python -m tests.faults --index postgresql       the same with the index in PostgreSQL and archives on two hosts
    python -m tests.faults --only network --seed 4  one kind of fault (or mixed)
    python -m tests.faults --token-seconds 20       the same with tokens that live for 20 s, not for 10 minutes
    python -m tests.faults --minutes 60 --seed 9    mixed faults, run after run, each with the next seed
    python -m tests.faults --minutes 60 --nodes 3   the same on three RabbitMQ nodes

The command prints the injected faults and, for each property, the number of checked operations and all violations. If
it finds a violation, it exits with status 1 and keeps the histories, logs and log.txt of that run. To repeat a run,
pass its name and seed.
"""

import argparse
import itertools
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tests.faults.access import TOKEN_SECONDS
from tests.faults.isolation import isolate
from tests.faults.schedule import ACCESS, ALONE, FORGERY, HOSTS, NODES, alone, mixed, unavailable
from tests.faults.stage import directory_of, staged
from tests.faults.storage import POSTGRESQL, SQLITE
from tests.faults.tally import HEAD, Tally

MIXED = "mixed"
MIXED_SECONDS = 40
SHORT_SECONDS = 20
# Found a defect: a member who joined without history saw old posts when they were published again.
REGRESSION_SEED = 113


@dataclass(frozen=True, slots=True)
class Run:
    """A run: its kind of fault, its seed, the database of its index, its nodes, and the duration of mixed faults."""

    name: str
    seed: int
    index: str
    nodes: int = 1
    seconds: float = MIXED_SECONDS


def main() -> None:
    """Run the faults that the command line names."""
    arguments = _arguments()
    not_isolated = isolate("tests.faults", sys.argv[1:])
    skipped = unavailable(not_isolated)
    for name in {arguments.only, arguments.index, NODES if arguments.nodes > 1 else None} & skipped.keys():
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
    parser.add_argument(
        "--index", choices=(SQLITE, POSTGRESQL), help="where the index is; with postgresql, archives run on two hosts"
    )
    parser.add_argument("--token-seconds", type=int, help=f"how long tokens live; {TOKEN_SECONDS} with {ACCESS} faults")
    parser.add_argument("--share", type=_share, default=(1, 1), help="which of the runs of each fault: 1/3, 2/3 or 3/3")
    arguments = parser.parse_args()
    if arguments.only == HOSTS and arguments.index == SQLITE:
        parser.error("the hosts share an index in PostgreSQL")
    return arguments


def _play(arguments: argparse.Namespace, directory: Path, isolated: bool, skipped: set[str]) -> Tally:
    total = Tally()
    has_server = POSTGRESQL not in skipped and arguments.index != SQLITE
    print(HEAD, flush=True)
    for nodes, runs in groupby(_runs(arguments, skipped), key=lambda each: each.nodes):
        place = directory / f"nodes-{nodes}"
        with staged(place, isolated, nodes, has_server) as stage:
            for each in runs:
                fault = mixed(each.seconds, skipped) if each.name == MIXED else alone(each.name)
                tally = stage.play(each.name, each.seed, fault, each.index, _settings(arguments, each))
                print(*tally.runs, *tally.violation_lines(), sep="\n", flush=True)
                total.add(tally)
                if not tally.violations:
                    shutil.rmtree(place / directory_of(each.name, each.index, each.seed))
    return total


def _settings(arguments: argparse.Namespace, run: Run) -> dict[str, str]:
    """Return the settings of the replicas in a run."""
    seconds = TOKEN_SECONDS if run.name == ACCESS else arguments.token_seconds
    return {"TOKEN_SECONDS": str(seconds)} if seconds else {}


def _runs(arguments: argparse.Namespace, skipped: set[str]) -> Iterator[Run]:
    index = arguments.index or (POSTGRESQL if arguments.only == HOSTS else SQLITE)
    if arguments.only:
        nodes = 3 if arguments.only == NODES else arguments.nodes
        yield Run(arguments.only, arguments.seed, index, nodes)
    elif arguments.minutes:
        yield from _soak(arguments, index)
    else:
        share, shares = arguments.share
        yield from itertools.islice(_each(arguments, index, skipped), share - 1, None, shares)


def _share(text: str) -> tuple[int, int]:
    share, shares = map(int, text.split("/"))
    if not 1 <= share <= shares:
        raise ValueError
    return share, shares


def _soak(arguments: argparse.Namespace, index: str) -> Iterator[Run]:
    """Yield mixed runs, each with the next seed, until the time is over."""
    until = time.monotonic() + arguments.minutes * 60
    seeds = itertools.count(arguments.seed)
    while time.monotonic() < until:
        yield Run(MIXED, next(seeds), index, arguments.nodes)


def _each(arguments: argparse.Namespace, index: str, skipped: set[str]) -> Iterator[Run]:
    """Yield a run of each kind, the longest first; without a chosen index, also two short ones on PostgreSQL."""
    seed = arguments.seed
    if NODES not in skipped:
        yield Run(NODES, seed, index, nodes=3)
    for name in ALONE:
        if name not in skipped | {NODES, HOSTS, FORGERY}:
            yield Run(name, seed, index)
    yield Run(MIXED, REGRESSION_SEED, index)
    if arguments.index != SQLITE and HOSTS not in skipped:
        yield Run(HOSTS, seed, POSTGRESQL)
        if arguments.index is None:
            yield Run(MIXED, seed, POSTGRESQL, seconds=SHORT_SECONDS)


if __name__ == "__main__":
    main()
