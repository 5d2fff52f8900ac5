"""A conversation in chunks equals a plain list, whatever is appended, prepended, posted and refused."""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chat_client.events import MessageReceived, PresenceChanged
from chat_client.fullscreen.conversation import Conversation
from chat_client.fullscreen.copying import copied_text
from chat_client.fullscreen.items import Above, InfoLine, Item
from chat_client.fullscreen.layout import Layout
from chat_client.fullscreen.measured_items import CHUNK
from chat_client.fullscreen.row import Look, Row
from chat_client.fullscreen.rows import divider, rows, unsent_rows
from chat_client.fullscreen.unsent_posts import UnsentPost
from chat_client.preferences import Preferences

AT = 1_795_361_760_000_000  # 2026-11-22 15:36:00 UTC
HOUR = 3_600_000_000
TEXTS = st.sampled_from(["hola", "one two three four five six seven " * 4, "two\nlines", "/me waves", "Anna, 漢字?"])
USERS = st.sampled_from(["anna", "bob", "carol"])
TIMES = st.integers(0, 50).map(lambda hours: AT + hours * HOUR)
MESSAGES = st.builds(MessageReceived, at=TIMES, user=USERS, text=TEXTS)
ITEMS = (
    MESSAGES
    | st.builds(PresenceChanged, at=TIMES, user=USERS, kind=st.just("left"))
    | st.builds(InfoLine, TIMES, TEXTS)
)


def message(number: int, text: str = "", user: str = "bob") -> MessageReceived:
    return MessageReceived(at=AT + number * 1_000_000, user=user, text=text or f"message {number}")


def shown(conversation: Conversation) -> list[str]:
    return copied_text(conversation, (0, 0), (conversation.height - 1, 1000)).split("\n")


def of(width: int = 80) -> Conversation:
    conversation = Conversation(beginning="the room begins here")
    conversation.lay_out(width=width, own_name="anna")
    return conversation


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
            found.append([divider("new", Look.NEW, self.layout)] * is_new + rows(item, above, self.layout))
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
        self.add([replace(item) for item in items * times])

    def add(self, items: list[Item]) -> None:
        for item in items:
            mine = not isinstance(item, MessageReceived) or item.user == "anna"
            if self.flat.awaited and not mine and not self.flat.layout.hides(item):
                self.flat.new, self.flat.awaited = item, False
        self.flat.items += items
        self.conversation.append(items)

    @precondition(lambda self: not self.flat.begun)
    @rule(items=st.lists(MESSAGES, max_size=6), times=st.sampled_from([1, 1, CHUNK // 2]), more=st.booleans())
    def prepend(self, items: list[MessageReceived], times: int, more: bool) -> None:
        items = [replace(item) for item in items * times]
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
    assert "new" not in copied_text(conversation, (0, 0), (10, 0))
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


def test_copied_text_has_no_breaks_where_it_was_wrapped() -> None:
    words, link = "one two three four five six seven eight nine ten", "https://example.org/" + "x" * 60
    conversation = of(60)
    conversation.append([message(0, f"{words}\nsee {link}"), message(1, "next")])

    assert shown(conversation)[1:] == [f"15:36        bob │ {words}", f"see {link}", "                 │ next"]
    assert copied_text(conversation, (1, 19), (1, 22)) == "one"
    assert copied_text(conversation, (1, 19), (2, 22)).startswith("one two three")


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
