"""Measure the chat, each scenario beside its baseline in the same run.

    python -m bench                     everything, at full size
    python -m bench --quick             small counts, in less than 3 minutes: for what is right, not for time
    python -m bench --only flood start  some scenarios

It prints a table, and writes bench.json and bench.png into --out. The exit status is 1 when what was counted is wrong;
a target that is not reached is only shown.
"""

import argparse
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import archive, client, flood, latency, names, questions, rest, routers, start
from bench.report import write
from bench.result import Result
from bench.stage import Stage, staged
from bench.table import row, table

Scenario = Callable[[Stage, bool], Iterator[Result]]
SCENARIOS: dict[str, Scenario] = {
    "flood": flood.run,
    "latency": latency.run,
    "routers": routers.run,
    "names": names.run,
    "start": start.run,
    "archive": archive.run,
    "questions": questions.run,
    "rest": rest.run,
    "client": client.run,
}


def main() -> None:
    """Do what the command line asks for."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the broker and the services are stopped
    directory = Path(tempfile.mkdtemp(prefix="tertulia-bench-"))
    wrong: list[str] = []
    try:
        with staged(directory) as stage:
            results = list(_run(stage, arguments, wrong))
            write(arguments.out, stage, results, quick=arguments.quick)
    finally:
        if not wrong:
            shutil.rmtree(directory)
    print(table(results), flush=True)
    if wrong:
        sys.exit(f"wrong: {', '.join(wrong)}; what the services have left is in {directory}")


def _run(stage: Stage, arguments: argparse.Namespace, wrong: list[str]) -> Iterator[Result]:
    """Run scenarios, and show each result as it comes; the names of those that fail are put into `wrong`."""
    for name in arguments.only or SCENARIOS:
        try:
            for result in SCENARIOS[name](stage, arguments.quick):
                print(row(result), flush=True)
                yield result
        except Exception:  # whatever it is, the others are worth running
            traceback.print_exc()
            wrong.append(name)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small counts")
    parser.add_argument("--only", nargs="+", choices=SCENARIOS, help="these scenarios")
    parser.add_argument("--out", type=Path, default=Path(".run/bench"), help="where bench.json and bench.png go")
    return parser.parse_args()


if __name__ == "__main__":
    main()
