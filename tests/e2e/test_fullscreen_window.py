"""The window of a real terminal: its title while the client runs and after it, and notifications."""

from pathlib import Path

from testkit.fullscreen_person import FullscreenPerson
from testkit.people import Person
from testkit.processes import System

FOCUS_LOST = "\x1b[O"


def test_the_window_tells_of_a_mention_and_has_its_title_back_at_the_end(chat: System, tmp_path: Path) -> None:
    config = tmp_path / "ann" / "config" / "tertulia"
    config.mkdir(parents=True)
    (config / "settings.toml").write_text('notify = "osc9"\n')
    ann, bob = (
        FullscreenPerson(chat.url("client"), tmp_path / "ann"),
        Person(chat.url("client"), tmp_path / "bob"),
    )
    ann.joins("ann")
    bob.joins("bob")
    ann.sees("● bob")

    ann.types(FOCUS_LOST)
    bob.says("look, ann")
    ann.sees("look, ann")
    ann.waits(lambda: "\x1b]9;#lobby bob: look, ann\x07" in ann.raw, "the desktop shows the mention")
    ann.waits(lambda: "\x1b]2;(1) #lobby · Tertulia\x07" in ann.raw, "the title counts it")

    ann.presses("Ctrl+Q")

    assert ann.ends() == 0
    assert ann.raw.count("\x1b[22;2t") == ann.raw.count("\x1b[23;2t") == 1
