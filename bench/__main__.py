"""Measure the chat, each scenario beside its baseline in the same run.

    python -m bench                     all scenarios, at full size
    python -m bench --quick             small counts, in less than 3 minutes: checks the counts, not the speed
    python -m bench --only flood start  some scenarios

The command prints a table, and writes bench.json and bench.png into the directory that --out names. If a count is
wrong, it exits with status 1. A target that is not reached only shows in the table.
"""

import argparse
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import archive, client, flood, join, latency, metrics, names, questions, rest, routers, start
from bench.report import write
from bench.result import Result
from bench.stage import Stage, staged
from bench.table import row, table

Scenario = Callable[[Stage, bool], Iterator[Result]]
SCENARIOS: dict[str, Scenario] = {
    "flood": flood.run,
    "latency": latency.run,
    "metrics": metrics.run,
    "routers": routers.run,
    "names": names.run,
    "join": join.run,
    "start": start.run,
    "archive": archive.run,
    "questions": questions.run,
    "rest": rest.run,
    "client": client.run,
}


def main() -> None:
    """Run the scenarios that the command line names."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the exit stops the broker and the services
    directory = Path(tempfile.mkdtemp(prefix="tertulia-bench-"))
    failed: list[str] = []
    try:
        with staged(directory) as stage:
            results = list(_run(stage, arguments, failed))
            write(arguments.out, stage, results, quick=arguments.quick)
    finally:
        if not failed:
            shutil.rmtree(directory)
    print(table(results), flush=True)
    if failed:
        sys.exit(f"failed scenarios: {', '.join(failed)}; see the errors above, and logs and data in {directory}")


def _run(stage: Stage, arguments: argparse.Namespace, failed: list[str]) -> Iterator[Result]:
    """Run scenarios, print each result at once, and append the names of failed scenarios to `failed`."""
    for name in arguments.only or SCENARIOS:
        try:
            for result in SCENARIOS[name](stage, arguments.quick):
                print(row(result), flush=True)
                yield result
        except Exception:  # the other scenarios are still worth running
            traceback.print_exc()
            failed.append(name)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="use small counts")
    parser.add_argument("--only", nargs="+", choices=SCENARIOS, help="the scenarios to run")
    parser.add_argument("--out", type=Path, default=Path(".run/bench"), help="the directory for the results")
    return parser.parse_args()


if __name__ == "__main__":
    main()
