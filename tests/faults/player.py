"""A person who acts at random: posts, asks, leaves and comes back, takes sessions over, changes names."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.recorded import RecordedSession
from tests.faults.texts import text

# Names for which all people race, in several spellings of the same name.
HOT = ("hot", "HOT", "\uff28ot", "warm", "Warm")
BURST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How often a person acts, per second; now and then a post is a burst of posts."""

    posts: float = 5.0
    moves: float = 0.1
    questions: float = 0.2


class Player:
    """A person with a secret, a name that no other person uses, and one session at a time.

    Attributes:
        session: The current session.
        before: The sessions that it took over and that do not know it yet.
        leaving: Whether an exit is not answered yet.
    """

    def __init__(
        self,
        label: str,
        life: int,
        open_session: Callable[[str], RecordedSession],
        habits: Habits,
        chance: random.Random,
    ) -> None:
        """Open the first session.

        Args:
            label: The unique label of the person.
            life: The life of its process.
            open_session: Opens a session of the person, given its label.
            habits: How often the person acts.
            chance: The source of its decisions.
        """
        self._label = label
        self._life = life
        self._open = open_session
        self._habits = habits
        self._chance = chance
        self._opened = 0
        self._curiosity = random.Random(f"{label} {life} asks")
        self._post_at = self._move_at = self._ask_at = 0.0
        self.leaving = False
        self.before: list[RecordedSession] = []
        self.session = self._enter(self._home)

    @property
    def _home(self) -> str:
        return f"at-{self._label}"

    def play(self, now: float) -> None:
        """Do everything that is due; `now` is in seconds of a monotonic clock."""
        self.settle()
        if not self.session.joined or self.leaving:
            return
        if now >= self._post_at:
            self._post()
            self._post_at = now + self._chance.expovariate(self._habits.posts)
        if now >= self._ask_at and not self.session.asking:
            self._ask()
            self._ask_at = now + self._curiosity.expovariate(self._habits.questions)
        if now >= self._move_at:
            if self._move_at:
                self._move()
            self._move_at = now + self._chance.expovariate(self._habits.moves)

    def settle(self) -> None:
        """Finish pending steps: come back after the end of a session, try another name after a refusal."""
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

    def _ask(self) -> None:
        page = self.session.page
        match self._curiosity.choice(("mine", "search", "newest page", "older page")):
            case "mine":
                self.session.ask_mine(final=False)
            case "search":
                self.session.ask_search(final=False)
            case "older page" if page and page.messages and page.more:
                self.session.ask_page(page.messages[0].place, final=False)
            case _:
                self.session.ask_page(final=False)

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
            case _:  # the person still holds the name, and takes it back only by chance
                self.session.close()
                self.session = self._enter(self._any_name())

    def state(self) -> str:
        """Return a description of the person's state, for a report."""
        session = self.session
        flags = f"joined: {session.joined}, over: {session.over}"
        open_ = f"posts: {sorted(session.waiting)}, questions: {sorted(session.asking)}"
        return f"{flags}, without an answer: {open_}, open sessions taken over: {len(self.before)}"
