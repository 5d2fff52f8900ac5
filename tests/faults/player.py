"""Somebody at the chat who does what chance says: posts, leaves and comes back, takes over and back, changes names."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.recorded import RecordedSession
from tests.faults.texts import text

# Names that everybody tries to get, in several spellings that are one name.
HOT = ("hot", "HOT", "\uff28ot", "warm", "Warm")
BURST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How often somebody does what, in times a second; each post is one of a burst now and then."""

    posts: float = 5.0
    moves: float = 0.1


class Player:
    """One person: a secret of its own, a name that is only its own, and one session at a time.

    `open_session` makes a session of the person's, given its label.
    """

    def __init__(
        self,
        label: str,
        life: int,
        open_session: Callable[[str], RecordedSession],
        habits: Habits,
        chance: random.Random,
    ) -> None:
        self._label = label
        self._life = life
        self._open = open_session
        self._habits = habits
        self._chance = chance
        self._opened = 0
        self._post_at = self._move_at = 0.0
        self.leaving = False  # until the exit is answered
        self.before: list[RecordedSession] = []  # sessions taken over, until they know
        self.session = self._enter(self._home)

    @property
    def _home(self) -> str:
        return f"at-{self._label}"

    def play(self, now: float) -> None:
        """Do what is due; `now` is in seconds on a clock that never goes back."""
        self.settle()
        if not self.session.joined or self.leaving:
            return
        if now >= self._post_at:
            self._post()
            self._post_at = now + self._chance.expovariate(self._habits.posts)
        if now >= self._move_at:
            if self._move_at:
                self._move()
            self._move_at = now + self._chance.expovariate(self._habits.moves)

    def settle(self) -> None:
        """Go on with what was begun: come back after an end, try another name after a refusal."""
        self.before = [session for session in self.before if not session.over]
        if self.session.over:
            self.leaving = False
            self.session = self._enter(self._any_name())
        elif self.session.refused:
            self.session.claim(self._home)

    def _enter(self, name: str) -> RecordedSession:
        self._opened += 1
        session = self._open(f"{self._label}.{self._life}.{self._opened}")
        session.claim(name)
        return session

    def _any_name(self) -> str:
        return self._home if self._chance.random() < 0.4 else self._chance.choice(HOT)

    def _post(self) -> None:
        several = self._chance.randint(2, BURST) if self._chance.random() < 0.01 else 1
        for _ in range(several):
            self.session.post(text(self.session.label, self.session.posted + 1, self._chance))

    def _move(self) -> None:
        match self._chance.choice(("leave", "take over", "vanish", "vanish for good")):
            case "leave":
                self.leaving = True
                self.session.exit()
            case "take over":
                self.before.append(self.session)
                self.session = self._enter(self.session.name)
            case "vanish":
                self.session.close()
                self.session = self._enter(self.session.name)
            case _:  # the name stays held, until it is taken back by chance
                self.session.close()
                self.session = self._enter(self._any_name())

    def state(self) -> str:
        """Where this person is, for a report."""
        session = self.session
        missing = sorted(session.waiting)
        return f"joined {session.joined}, over {session.over}, posts missing {missing}, taken over {len(self.before)}"
