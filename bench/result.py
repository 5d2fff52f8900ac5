"""The result of a scenario: a figure of the chat, that of the baseline in the same run, and the target."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The least or greatest acceptable value of the ratio to the baseline, or of the figure itself."""

    at_least: float | None = None
    at_most: float | None = None

    def reached(self, value: float) -> bool:
        """Return whether a value reaches the target."""
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)

    def score(self, value: float) -> float:
        """Return how many times better a value is than the target: 1 just reaches it, more is better."""
        if self.at_least is not None:
            return value / self.at_least
        assert self.at_most is not None
        return self.at_most / value if value else float("inf")

    def __str__(self) -> str:
        """Return the target for the table, such as ">= 2"."""
        return f">= {self.at_least:g}" if self.at_least is not None else f"<= {self.at_most:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One line of the table.

    Attributes:
        scenario: The name of the scenario.
        case: The case within the scenario.
        unit: The unit of both figures.
        ours: The figure of the chat.
        baseline: The figure of the baseline, if there is one.
        baseline_name: The name of the baseline.
        target: The target for `ours` / `baseline`; without a baseline, for `ours`.
        more: Other figures, such as percentiles, processor time and memory; their names include the units.
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
        """The figure of the chat divided by that of the baseline; None without a baseline."""
        return self.ours / self.baseline if self.baseline else None

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None without a target."""
        return self.target.reached(self._judged) if self.target else None

    @property
    def score(self) -> float:
        """How many times better the result is than its target, which it must have."""
        assert self.target
        return self.target.score(self._judged)

    def as_object(self) -> dict[str, Any]:
        """Return the result for the JSON file, with its ratio and whether it reached its target."""
        return asdict(self) | {"ratio": self.ratio, "reached": self.reached}

    @property
    def _judged(self) -> float:
        return self.ours if self.ratio is None else self.ratio
