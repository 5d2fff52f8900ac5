"""A conversation in chunks equals a plain list, whatever is appended, prepended, posted and refused."""

from dataclasses import replace
from functools import lru_cache

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chat_client.events import MessageReceived, PresenceChanged
from chat_client.fullscreen.conversation import Conversation
from chat_client.fullscreen.copying import Place, copied_text
from chat_client.fullscreen.items import Above, InfoLine, Item
from chat_client.fullscreen.layout import Layout
from chat_client.fullscreen.measured_items import CHUNK
from chat_client.fullscreen.row import Look, Row
from chat_client.fullscreen.rows import divider, rows, unsent_rows
from chat_client.fullscreen.unsent_posts import UnsentPost
from chat_client.preferences import Preferences

AT = 1_795_361_760_000_000  # 2026-11-22 15:36:00 UTC
HOUR = 3_600_000_000
MANY = CHUNK + 10  # so many items are in two chunks
TEXTS = st.sampled_from(
    ["hola", "one two three four five six seven " * 4, "two\nlines", "tall\n" * 25, "/me waves", "Anna, 漢字?"]
)
USERS = st.sampled_from(["anna", "bob", "carol"])
TIMES = st.integers(0, 50).map(lambda hours: AT + hours * HOUR)
MESSAGES = st.builds(MessageReceived, at=TIMES, user=USERS, text=TEXTS)
ITEMS = (
    MESSAGES
    | st.builds(PresenceChanged, at=TIMES, user=USERS, kind=st.just("left"))
    | st.builds(InfoLine, TIMES, TEXTS)
)

# Lines of words and tabs. A tab at the end of a line is not shown, and not copied.
TEXT_OF_LINES = st.lists(st.text(st.sampled_from("ab \t漢"), max_size=60), min_size=1, max_size=40).map(
    lambda lines: "\n".join(f"{line}." for line in lines)
)


def message(number: int, text: str = "", user: str = "bob") -> MessageReceived:
    return MessageReceived(at=AT + number * 1_000_000, user=user, text=text or f"message {number}")


def shown(conversation: Conversation) -> list[str]:
    places = map(conversation.locate, range(conversation.height))
    found = (conversation.rows(number)[offset] for number, offset in places)
    return ["".join(piece.text for piece in (*row.prefix, *row.body)).rstrip() for row in found]


def copied(conversation: Conversation, start: Place = (0, 0), end: Place = (9999, 1000)) -> str:
    return copied_text(conversation, start, end)


def of(width: int = 80) -> Conversation:
    conversation = Conversation(beginning="the room begins here")
    conversation.lay_out(width=width, own_name="anna")
    return conversation


built = lru_cache(maxsize=10_000)(rows)  # the model builds the same rows again and again


class Flat:
    """The model: a plain list whose rows are all built on each call."""

    def __init__(self) -> None:
        """Start without items."""
        self.items: list[Item] = []
        self.posts: list[UnsentPost] = []
        self.begun = False
        self.new: Item | None = None
        self.awaited = False
        self.layout = Layout(80, own_name="anna")

    def expected(self) -> list[list[Row]]:
        found, above = [], Above(None, None)
        for item in self.items:
            is_new = item is self.new
            above = Above(None if is_new else above.item, above.at)
            found.append([divider("new", Look.NEW, self.layout)] * is_new + built(item, above, self.layout))
            above = Above(item, item.at)
        for post in self.posts:
            found.append(unsent_rows(post, above, self.layout))
            message = MessageReceived(at=post.at, user="anna", text=post.text)
            above = Above(message if post.reason is None else None, post.at)
        return found


class Conversations(RuleBasedStateMachine):
    """Applies the same steps to a conversation and to the model."""

    def __init__(self) -> None:
        """Start with an empty conversation."""
        super().__init__()
        self.conversation, self.flat = of(), Flat()
        self.sequence = 0

    @rule(items=st.lists(ITEMS, max_size=6), times=st.sampled_from([1, 1, 1, CHUNK]))
    def append(self, items: list[Item], times: int) -> None:
        self.add([replace(item) for item in (items * times)[:MANY]])

    def add(self, items: list[Item]) -> None:
        for item in items:
            mine = not isinstance(item, MessageReceived) or item.user == "anna"
            if self.flat.awaited and not mine and not self.flat.layout.hides(item):
                self.flat.new, self.flat.awaited = item, False
        self.flat.items += items
        self.conversation.append(items)

    @precondition(lambda self: not self.flat.begun)
    @rule(items=st.lists(MESSAGES, max_size=6), times=st.sampled_from([1, 1, CHUNK]), more=st.booleans())
    def prepend(self, items: list[MessageReceived], times: int, more: bool) -> None:
        items = [replace(item) for item in (items * times)[:MANY]]
        before = self.place_from_the_end()
        self.conversation.prepend(items, more=more)
        self.flat.items[:0] = items
        self.flat.begun = not more
        assert before is None or self.place_from_the_end() == before

    def place_from_the_end(self) -> tuple[int, int] | None:
        """Return what is at the last row but three, if there are enough rows."""
        height = self.conversation.height
        return self.conversation.locate(height - 4) if height - 4 > 20 else None

    @rule(width=st.sampled_from([20, 40, 59, 60, 79, 80, 120]))
    def resize(self, width: int) -> None:
        self.conversation.lay_out(width=width)
        self.flat.layout = self.flat.layout._replace(width=width)

    @rule(ignored=st.frozensets(USERS), highlights=st.sampled_from([(), ("one",)]))
    def prefer(self, ignored: frozenset[str], highlights: tuple[str, ...]) -> None:
        self.conversation.prefer(Preferences(ignore=tuple(ignored), highlight=highlights))
        self.flat.layout = self.flat.layout._replace(ignored=ignored, highlights=highlights)

    @precondition(lambda self: self.flat.items)
    @rule(data=st.data())
    def toggle_fold(self, data: st.DataObject) -> None:
        position = data.draw(st.integers(max(0, len(self.flat.items) - 10), len(self.flat.items) - 1))
        item, layout = self.flat.items[position], self.flat.layout
        if self.conversation.toggle_fold(self.conversation.first + position):
            assert isinstance(item, MessageReceived)
            self.flat.layout = layout._replace(opened=layout.opened ^ {item})

    @rule(text=TEXTS, at=TIMES)
    def post(self, text: str, at: int) -> None:
        self.sequence += 1
        self.conversation.post(self.sequence, text, at)
        self.flat.posts.append(UnsentPost(self.sequence, at, text))

    @precondition(lambda self: self.flat.posts)
    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        post = data.draw(st.sampled_from(self.flat.posts))
        self.flat.posts.remove(post)
        self.add([MessageReceived(at=post.at, user="anna", text=post.text, sequence=post.sequence)])

    @rule(sequence=st.integers(1, 8))
    def delay(self, sequence: int) -> None:
        self.conversation.delay(sequence)
        for post in self.flat.posts:
            post.delayed = post.delayed or post.sequence == sequence

    @rule(sequence=st.integers(1, 8))
    def refuse(self, sequence: int) -> None:
        self.conversation.refuse(sequence, "no")
        for post in self.flat.posts:
            post.reason = "no" if post.sequence == sequence else post.reason

    @rule()
    def pop_refused(self) -> None:
        refused = [post for post in self.flat.posts if post.reason is not None]
        assert self.conversation.pop_refused() == (refused[0].text if refused else None)
        if refused:
            self.flat.posts.remove(refused[0])

    @rule()
    def mark_new(self) -> None:
        self.conversation.mark_new()
        self.flat.new, self.flat.awaited = None, True

    @invariant()
    def each_row_is_where_it_would_be(self) -> None:
        expected = self.flat.expected()
        begun, row = int(self.flat.begun), int(self.flat.begun)
        assert self.conversation.height == begun + sum(map(len, expected))
        for number, each in enumerate(expected, self.conversation.first):
            if number % 50 in (0, 49) or number > self.conversation.end - 20:
                assert self.conversation.rows(number) == each
                assert self.conversation.row_of(number) == row
                places = [self.conversation.locate(row + offset) for offset in range(len(each))]
                assert places == [(number, offset) for offset in range(len(each))]
            row += len(each)

    @invariant()
    def posts_are_counted(self) -> None:
        refused = [(post.text, post.reason) for post in self.flat.posts if post.reason is not None]
        assert [(each.text, each.reason) for each in self.conversation.refused] == refused
        assert self.conversation.pending == sum(post.reason is None for post in self.flat.posts)


TestConversations = Conversations.TestCase
TestConversations.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)


def test_items_keep_their_distance_from_the_end_when_older_ones_are_added() -> None:
    conversation = of()
    conversation.append([message(number) for number in range(300, 1000)])
    height = conversation.height
    before = [conversation.locate(height - distance) for distance in range(1, 600)]

    conversation.prepend([message(number) for number in range(300)], more=True)

    assert [conversation.locate(conversation.height - distance) for distance in range(1, 600)] == before
    assert conversation.first == -300


def test_the_date_appears_once_when_older_messages_of_the_day_are_added() -> None:
    conversation = of()
    conversation.append([message(10)])
    conversation.prepend([message(9)], more=False)

    assert [line.strip() for line in shown(conversation)] == [
        "── the room begins here ──",
        "── Sunday, 22 November 2026 ──",
        "15:36              bob │ message 9",
        "│ message 10",
    ]


def test_a_divider_stands_above_the_first_new_message_of_another_person() -> None:
    conversation = of()
    conversation.append([message(1)])
    conversation.mark_new()
    conversation.append(
        [message(2, user="anna"), PresenceChanged(at=AT, user="carol", kind="joined"), message(3), message(4)]
    )

    assert [line.strip() for line in shown(conversation)[-3:]] == [
        "── new ──",
        "15:36              bob │ message 3",
        "│ message 4",
    ]
    conversation.mark_new()
    assert not any("new" in line for line in shown(conversation))
    conversation.append([message(5)])
    assert [row.body[0].look for row in conversation.rows(5)] == [Look.NEW, Look.PLAIN]


def test_an_unsent_post_stays_last_until_it_comes_back() -> None:
    conversation = of()
    conversation.append([message(0)])
    conversation.post(1, "mine", AT)
    conversation.append([message(1)])
    assert [line.strip()[-11:] for line in shown(conversation)[-2:]] == ["│ message 1", "anna ┊ mine"]

    conversation.append([MessageReceived(at=AT, user="anna", text="mine", sequence=1), message(2)])

    assert conversation.pending == 0
    assert [line[-11:] for line in shown(conversation)[-2:]] == ["anna │ mine", "│ message 2"]


def test_copied_text_is_what_was_said_without_its_frame() -> None:
    words, link = "one two three four five six seven eight nine ten", "https://example.org/" + "x" * 60
    said = f"\n{words}\n\n\tsee\t{link}\nif x:\n\treturn  y"
    for width in (80, 60, 40, 20):
        conversation = of(width)
        conversation.append([message(0, said, "an_author_with_a_long_name")])
        assert copied(conversation, (1, 0)) == said
        conversation.append([message(1, "next")])
        first, last = conversation.row_of(1), conversation.row_of(2) - 1
        assert copied(conversation, (first, 0), (last, 1000)) == "next"


def test_a_part_of_a_text_is_copied_alone() -> None:
    conversation = of(60)
    conversation.append([message(0, "one two three four five six seven eight nine ten eleven")])
    at = shown(conversation)[1].index("one")

    assert copied(conversation, (1, at + 4), (1, at + 7)) == "two"
    assert copied(conversation, (1, at + 4), (2, at)) == "two three four five six seven eight"
    assert copied(conversation, (1, 0), (1, at + 3)) == "one"


def test_several_messages_are_copied_with_time_and_name_before_each() -> None:
    conversation = of()
    items: list[Item] = [
        message(0, "one\ntwo"),
        message(1, "three"),
        message(2, "/me waves"),
        InfoLine(AT, "connected"),
    ]
    conversation.append([*items, message(86400, "next day")])
    at = shown(conversation)[1].index("one")

    assert copied(conversation) == "\n".join(
        [
            "Sunday, 22 November 2026",
            "[15:36] bob: one",
            "two",
            "[15:36] bob: three",
            "[15:36] * bob waves",
            "[15:36] - connected",
            "Monday, 23 November 2026",
            "[15:36] bob: next day",
        ]
    )
    assert copied(conversation, (2, at), (3, 1000)) == "two\n[15:36] bob: three"
    assert copied(conversation, (1, at), (3, 2)) == "one\ntwo"


def test_a_date_or_a_name_is_copied_when_only_that_is_selected() -> None:
    conversation = of()
    conversation.append([message(0, "one")])
    at = shown(conversation)[1].index("bob")

    assert copied(conversation, (0, 0), (0, 1000)) == "Sunday, 22 November 2026"
    assert copied(conversation, (1, at), (1, at + 3)) == "bob"
    assert copied(conversation, (1, 0), (1, 5)) == "15:36"


def test_the_reason_of_a_refusal_is_not_copied_with_the_post() -> None:
    conversation = of()
    conversation.post(1, "a\tb", AT)
    conversation.refuse(1, "too long")

    assert copied(conversation) == "a\tb"


def test_a_folded_message_is_opened_and_folded_again() -> None:
    conversation, said = of(), "\n".join(f"line {number}" for number in range(1, 31))
    conversation.append([message(0, said), message(1, "next"), message(2, said, "anna"), message(3, "short")])
    folded = shown(conversation)

    assert [line[25:] for line in folded[20:23]] == ["line 20", "… 10 more rows: F6 Space opens them", "next"]
    assert len(folded) == 1 + 21 + 1 + 30 + 1
    assert copied(conversation, (1, 0), (21, 1000)) == said
    assert copied(conversation, (1, 0), (20, 1000)) == said.partition("\nline 21")[0]
    assert [conversation.toggle_fold(number) for number in (-1, 1, 2, 3, 4, 0)] == [False] * 5 + [True]
    assert [line[25:] for line in shown(conversation)[20:32]] == [*(f"line {at}" for at in range(20, 31)), "next"]
    conversation.lay_out(width=50)
    assert "line 30" in shown(conversation)[31]
    conversation.lay_out(width=80)
    assert conversation.toggle_fold(0)
    assert shown(conversation) == folded


@given(TEXT_OF_LINES, st.sampled_from([20, 40, 60, 80]), st.booleans())
def test_a_message_is_copied_as_it_was_said(said: str, width: int, opened: bool) -> None:
    conversation = of(width)
    conversation.append([message(0, said)])
    if opened:
        conversation.toggle_fold(0)

    assert copied(conversation, (1, 0)) == "\n".join(line.rstrip() for line in said.split("\n"))


def test_each_of_a_hundred_thousand_messages_is_found_at_its_row() -> None:
    conversation = of()
    conversation.append([message(number) for number in range(100_000)])

    assert conversation.height == 100_000 + 2  # the days that begin
    assert [conversation.locate(conversation.row_of(number))[0] for number in (0, 255, 256, 99_999)] == [
        0,
        255,
        256,
        99_999,
    ]
