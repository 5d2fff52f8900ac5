"""What became of runs, added up, and the table of it."""

from collections import Counter
from dataclasses import dataclass, field

from tests.faults.checker import Report, Verdict, render

THROUGH = "0 the run came to its end"
ENDED = "7 replicas end only when told to"


@dataclass
class Tally:
    """What was done, what the replicas logged of it, and what was found. `runs` has a line for each run."""

    done: Counter[str] = field(default_factory=Counter)
    signs: Counter[str] = field(default_factory=Counter)
    operations: Counter[str] = field(default_factory=Counter)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    runs: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Add what became of another run."""
        self.done += other.done
        self.signs += other.signs
        self.operations += other.operations
        self.runs += other.runs
        for verdict in other.verdicts.values():
            self.judge(verdict.property, verdict.judged, verdict.violations)

    def add_report(self, report: Report) -> None:
        """Add what the checker says."""
        self.operations.update(report.outcomes)
        for verdict in report.verdicts:
            self.judge(verdict.property, verdict.judged, verdict.violations)

    def judge(self, name: str, judged: int, violations: tuple[str, ...]) -> None:
        """Add what was found of one property."""
        old = self.verdicts.get(name, Verdict(name, 0, ()))
        self.verdicts[name] = Verdict(name, old.judged + judged, old.violations + violations)

    @property
    def violations(self) -> int:
        """How many there are in all."""
        return sum(len(verdict.violations) for verdict in self.verdicts.values())

    def words(self) -> list[str]:
        """Each violation, with the property that it breaks."""
        return [f"{each.property}: {violation}" for each in self.verdicts.values() for violation in each.violations]

    def summary(self, name: str, seed: int, seconds: float) -> str:
        """A line that says what became of a run."""
        posts = sum(count for what, count in self.operations.items() if what.startswith("post "))
        judged = sum(verdict.judged for verdict in self.verdicts.values())
        done = sum(self.done.values())
        return f"{name:<10}{seed:>6}{seconds:>9.0f}{done:>8}{posts:>10,}{judged:>12,}{self.violations:>12,}"

    def table(self) -> str:
        """All of it, for people."""
        report = Report(tuple(sorted(self.verdicts.values(), key=lambda each: each.property)), self.operations)
        return "\n\n".join((_counted("done", self.done), _counted("logged by replicas", self.signs), render(report)))


HEAD = f"{'run':<10}{'seed':>6}{'seconds':>9}{'faults':>8}{'posts':>10}{'judged':>12}{'violations':>12}"


def _counted(title: str, counts: Counter[str]) -> str:
    return "\n".join((f"{title:<42}{'times':>12}", *(f"{what:<42}{n:>12,}" for what, n in sorted(counts.items()))))
