"""The window of the room: whatever a person does, it shows a stretch of the room without gaps, each message once."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chat_client.events import HistoryListed, MessageReceived, PresenceChanged
from chat_client.fullscreen.conversation import Conversation
from chat_client.fullscreen.items import Item
from chat_client.fullscreen.measured_items import CHUNK
from chat_client.fullscreen.window import Window
from chat_client.places import OLDEST, From, Query, Since
from testkit.fake_archive import AT, SECOND, FakeArchive

BOUND, NEWEST, IN_VIEW = 4 * CHUNK, 150, 20


class Windows(RuleBasedStateMachine):
    """A person scrolls and jumps in a room with much traffic, whose archive lags behind."""

    def __init__(self) -> None:
        """Join a room with some history."""
        super().__init__()
        self.archive = FakeArchive(3_000)
        self.conversation = Conversation()
        self.window = Window(self.conversation, BOUND, NEWEST)
        self.window.receive(self.archive.newest(50))
        self.view = self.conversation.end - 1  # the number of the last item in view
        self.coming: list[MessageReceived] = []  # said, and perhaps recorded, but not received yet

    def messages(self) -> list[str]:
        items = map(self.conversation.item, range(self.conversation.first, self.conversation.end))
        return [item.text for item in items if isinstance(item, MessageReceived)]

    def trim(self) -> None:
        last = max(self.conversation.first, min(self.view, self.conversation.end - 1))
        height, row = self.conversation.height, self.conversation.row_of(last)
        gone = self.window.trim(max(self.conversation.first, last - IN_VIEW), last)
        assert self.conversation.row_of(last) == row - gone
        assert self.conversation.height <= height - gone
        self.view = last

    @rule(count=st.integers(1, 600), records=st.booleans())
    def messages_arrive(self, count: int, records: bool) -> None:
        following = self.window.live and self.view == self.conversation.end - 1
        self.window.receive([*self.coming, *self.archive.say(count)])
        self.coming = []
        self.window.receive([PresenceChanged(at=AT, user="carol", kind="joined")])
        if following:
            self.view = self.conversation.end - 1
        if records:
            self.archive.recorded = len(self.archive.said)
        self.trim()

    @rule(count=st.integers(1, 150))
    def the_archive_is_faster_than_the_stream(self, count: int) -> None:
        self.coming += self.archive.say(count)
        self.archive.recorded = len(self.archive.said)

    @rule(lag=st.integers(0, 300))
    def the_archive_records(self, lag: int) -> None:
        self.archive.recorded = max(self.archive.recorded, len(self.archive.said) - lag)

    @rule(items=st.integers(-900, 900))
    def the_person_scrolls(self, items: int) -> None:
        self.view = max(self.conversation.first, min(self.view + items, self.conversation.end - 1))
        self.trim()

    @rule(pages=st.integers(1, 12))
    def the_person_scrolls_up(self, pages: int) -> None:
        for _ in range(pages):
            answer = self.archive.answer(self.window.older)
            if not answer.failed:
                self.window.add_older(answer.messages, more=answer.more)
            self.view = self.conversation.first + IN_VIEW
            self.trim()

    @rule(pages=st.integers(1, 12))
    def the_person_scrolls_down(self, pages: int) -> None:
        for _ in range(pages):
            self.view = self.conversation.end - 1
            if not self.window.join() and self.window.newer:
                self.add_newer(self.archive.answer(self.window.newer))
            self.trim()

    def add_newer(self, answer: HistoryListed) -> None:
        if not answer.failed:
            self.window.add_newer(answer.messages)

    @rule(data=st.data())
    def the_person_jumps(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(1, self.archive.recorded))
        queries: list[Query] = [OLDEST, From(number), Since(AT + number * SECOND - SECOND)]
        query = data.draw(st.sampled_from(queries))
        self.window.open(self.archive.answer(query).messages, more=query != OLDEST)
        first = 1 if query == OLDEST else number
        assert self.messages()[0] == f"message {first - 1}"
        self.view = self.conversation.first + IN_VIEW
        self.trim()

    @rule()
    def the_person_goes_to_the_newest(self) -> None:
        self.window.go_live()
        assert self.window.newer is None
        self.view = self.conversation.end - 1
        self.trim()

    @precondition(lambda self: not self.window.live)
    @rule()
    def the_live_end_is_met_again_by_scrolling_down(self) -> None:
        self.messages_arrive(1, True)
        self.archive.recorded = len(self.archive.said)
        self.the_person_scrolls_down(100)
        assert self.window.newer is None

    @invariant()
    def nothing_is_missing_twice_or_out_of_order(self) -> None:
        shown, said = self.messages(), [message.text for message in self.archive.said]
        start = said.index(shown[0])
        assert shown == said[start : start + len(shown)]
        assert not self.window.live or shown[-1] == said[-1 - len(self.coming)]
        assert self.window.live == (self.window.newer is None)

    @invariant()
    def the_window_is_bounded(self) -> None:
        assert self.conversation.end - self.conversation.first <= BOUND
        notices = [
            item
            for item in map(self.conversation.item, range(self.conversation.first, self.conversation.end))
            if isinstance(item, PresenceChanged)
        ]
        assert len(set(map(id, notices))) == len(notices)


TestWindows = Windows.TestCase
TestWindows.settings = settings(max_examples=30, stateful_step_count=15, deadline=None)


def windowed(said: int) -> tuple[FakeArchive, Conversation, Window]:
    archive, conversation = FakeArchive(said), Conversation()
    window = Window(conversation, BOUND, NEWEST)
    window.receive(archive.newest(50))
    return archive, conversation, window


def test_a_window_at_the_live_end_stays_small_whatever_arrives() -> None:
    archive, conversation, window = windowed(50)
    for _ in range(40):
        window.receive(archive.say(500))
        window.trim(conversation.end - 1, conversation.end - 1)

    assert window.newer is None
    assert BOUND - CHUNK <= conversation.end - conversation.first <= BOUND


def test_unsent_posts_are_below_the_live_end_only() -> None:
    archive, conversation, window = windowed(3_000)
    conversation.post(1, "mine", AT)
    window.open(archive.answer(OLDEST).messages, more=False)
    height = conversation.height

    window.go_live()

    assert height == 1 + 1 + 100  # the beginning, the date, the messages
    assert conversation.rows(conversation.end)[0].body[0].text == "mine"


def test_the_divider_is_there_again_when_its_message_is_fetched_again() -> None:
    archive, conversation, window = windowed(3_000)
    conversation.mark_new()
    window.receive(archive.say(1))
    archive.recorded = len(archive.said)
    window.open(archive.answer(OLDEST).messages, more=False)
    assert divided(conversation) == []

    window.open(archive.answer(From(2_990)).messages)

    assert divided(conversation) == [archive.said[3_000]]


def test_the_first_new_message_gets_its_divider_although_the_window_is_elsewhere() -> None:
    archive, conversation, window = windowed(3_000)
    window.open(archive.answer(OLDEST).messages, more=False)
    conversation.mark_new()
    window.receive(archive.say(2))
    window.go_live()

    assert divided(conversation) == [archive.said[3_000]]


def test_a_message_that_archive_and_stream_report_after_joining_without_history_appears_once() -> None:
    archive, conversation = FakeArchive(100), Conversation()
    window = Window(conversation, BOUND, NEWEST)
    last_chunk = archive.said[-3:]

    answer = archive.answer(window.older)
    window.add_older(answer.messages, more=answer.more)
    told = window.receive([*last_chunk, *archive.say(1)])

    assert told == archive.said[-1:]
    assert conversation.items() == archive.said


def divided(conversation: Conversation) -> list[Item]:
    """Return the item below the divider, if there is a divider."""
    return [] if conversation.new is None else [conversation.item(conversation.new)]
