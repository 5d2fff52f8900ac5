"""What a scenario finds: a figure of ours, the baseline's of the same run, and what their ratio is to reach."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is to be reached: at least or at most this, by the ratio to the baseline or by the figure itself."""

    at_least: float | None = None
    at_most: float | None = None

    def reached(self, value: float) -> bool:
        """Whether a value is within."""
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)

    def score(self, value: float) -> float:
        """How many times better a value is than what is asked for: 1 is just reached, more is better."""
        if self.at_least is not None:
            return value / self.at_least
        assert self.at_most is not None
        return self.at_most / value if value else float("inf")

    def __str__(self) -> str:
        return f">= {self.at_least:g}" if self.at_least is not None else f"<= {self.at_most:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One line of the table. `more` has what else was measured: percentiles, processor time, memory, named with units.

    With a `baseline` the target is for `ours` / `baseline`, else for `ours`.
    """

    scenario: str
    case: str
    unit: str
    ours: float
    baseline: float | None = None
    baseline_name: str = ""
    target: Target | None = None
    more: Mapping[str, float] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """Ours to the baseline's; None without one."""
        return self.ours / self.baseline if self.baseline else None

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None where there is none."""
        return self.target.reached(self._judged) if self.target else None

    @property
    def score(self) -> float:
        """How many times better it is than its target, which it must have, asks for."""
        assert self.target
        return self.target.score(self._judged)

    def as_object(self) -> dict[str, Any]:
        """The result with what follows from it, to be written as JSON."""
        return asdict(self) | {"ratio": self.ratio, "reached": self.reached}

    @property
    def _judged(self) -> float:
        return self.ours if self.ratio is None else self.ratio
