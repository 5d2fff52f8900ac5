"""The added results of runs, and their tables."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.faults.checker import Report, Verdict, render

COMPLETED = "0 the run completes"
ENDED = "7 replicas end only when stopped"


@dataclass
class Tally:
    """The results of some runs.

    Attributes:
        done: The number of injected faults, by kind.
        signs: The number of log events that show the effects of the faults.
        waits: The seconds that the longest wait for the archive took, by its kind.
        operations: The number of operations of the clients, by kind and outcome.
        verdicts: The result for each property.
        runs: A summary line for each run.
    """

    done: Counter[str] = field(default_factory=Counter)
    signs: Counter[str] = field(default_factory=Counter)
    waits: dict[str, float] = field(default_factory=dict)
    operations: Counter[str] = field(default_factory=Counter)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    runs: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Add the results of another run."""
        self.done += other.done
        self.signs += other.signs
        self.operations += other.operations
        for kind, seconds in other.waits.items():
            self.waits[kind] = max(seconds, self.waits.get(kind, 0))
        self.runs += other.runs
        for verdict in other.verdicts.values():
            self.judge(verdict.property, verdict.judged, verdict.violations)

    def add_report(self, report: Report) -> None:
        """Add the report of the checker."""
        self.operations.update(report.outcomes)
        for verdict in report.verdicts:
            self.judge(verdict.property, verdict.judged, verdict.violations)

    def judge(self, name: str, judged: int, violations: tuple[str, ...]) -> None:
        """Add a result for one property."""
        old = self.verdicts.get(name, Verdict(name, 0, ()))
        self.verdicts[name] = Verdict(name, old.judged + judged, old.violations + violations)

    @property
    def violations(self) -> int:
        """The number of violations of all properties."""
        return sum(len(verdict.violations) for verdict in self.verdicts.values())

    def violation_lines(self) -> list[str]:
        """Return each violation, with the property that it breaks."""
        return [f"{each.property}: {violation}" for each in self.verdicts.values() for violation in each.violations]

    def summary(self, name: str, index: str, seed: int, seconds: float) -> str:
        """Return the summary line of a run."""
        posts = sum(count for kind, count in self.operations.items() if kind.startswith("post "))
        judged = sum(verdict.judged for verdict in self.verdicts.values())
        done = sum(self.done.values())
        return f"{name:<10}{index:<11}{seed:>6}{seconds:>9.0f}{done:>8}{posts:>10,}{judged:>12,}{self.violations:>12,}"

    def table(self) -> str:
        """Return the tables of faults, log events, properties and operations, and each violation."""
        report = Report(tuple(sorted(self.verdicts.values(), key=lambda each: each.property)), self.operations)
        faults, events = _counted("injected faults", self.done), _counted("log events of replicas", self.signs)
        return "\n\n".join((faults, events, *_waited(self.waits), render(report)))


HEAD = f"{'run':<10}{'index':<11}{'seed':>6}{'seconds':>9}{'faults':>8}{'posts':>10}{'checks':>12}{'violations':>12}"


def _waited(waits: Mapping[str, float]) -> list[str]:
    lines = [f"{kind:<50}{seconds:>8.1f}" for kind, seconds in sorted(waits.items())]
    return ["\n".join((f"{'longest waits for the archive':<50}{'seconds':>8}", *lines))] if lines else []


def _counted(title: str, counts: Counter[str]) -> str:
    return "\n".join((f"{title:<42}{'count':>12}", *(f"{kind:<42}{n:>12,}" for kind, n in sorted(counts.items()))))
