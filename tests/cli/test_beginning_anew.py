"""What `mien serve` does where it cannot begin with new settings, nor at once with those before."""

from pathlib import Path
from threading import Event
from types import SimpleNamespace

import pytest

from mien.cli import serve
from mien.domain.errors import MienError, StoreBusy
from mien.settings import Settings
from mien.wiring.stores import Keys

BUSY = StoreBusy("another process has kept it locked for 5 s")
FIRST, NEW = Settings(smoothing={"window": 30}), Settings(smoothing={"window": 40})


class Told(SimpleNamespace):
    """Stands in for the call: the settings that are read, and what is said."""

    def __init__(self) -> None:
        super().__init__(said=[], redactor=SimpleNamespace(redact=str))
        self.notice = self.failure = self.said.append

    def settings(self, _: Path | None) -> Settings:
        return NEW


class Scripted(serve._Service):
    """Begins as it is told to: with an error, or it serves until it begins anew or is stopped."""

    __slots__ = ("begun", "script")

    def _serve_once(self, settings, beginning) -> None:
        self.begun.append((settings.smoothing.window, beginning.begun, beginning.refused))
        what = self.script.pop(0)
        if isinstance(what, Exception):
            raise what
        self.has_begun = True
        what.set()


@pytest.fixture
def make(monkeypatch):
    monkeypatch.setattr(serve, "AGAIN_S", 0.01)

    def make(*script: str | Exception) -> Scripted:
        made = Scripted(Told(), None, Event(), None, None, Keys())
        made.begun = []
        flags = {"again": made.again, "stop": made.stop}
        made.script = [flags[one] if isinstance(one, str) else one for one in script]
        return made

    return make


def test_a_lock_that_passes_keeps_it_from_neither_the_new_settings_nor_those_before(make):
    service = make("again", BUSY, BUSY, "again", BUSY, MienError("a model may not run"), BUSY, BUSY, "stop")
    service.serve(FIRST, {})
    assert service.begun == [
        (30, 0, ""),
        *[(40, 1, "")] * 3,
        *[(40, 2, "")] * 2,
        *[(40, 2, "a model may not run")] * 3,
    ]
    assert "another process has kept it locked for 5 s; it is tried again in 0.01 s" in service.call.said


def test_new_settings_that_fail_and_then_a_lock_end_nothing(make):
    service = make("again", MienError("a model may not run"), BUSY, BUSY, BUSY, "stop")
    service.serve(FIRST, {})
    assert service.begun == [(30, 0, ""), (40, 1, ""), *[(30, 1, "a model may not run")] * 4]


def test_a_lock_that_does_not_pass_ends_it(make):
    service = make("again", MienError("a model may not run"), *[BUSY] * 6, "stop")
    with pytest.raises(StoreBusy):
        service.serve(FIRST, {})
    assert len(service.begun) == 8


def test_at_the_terminal_a_lock_is_told_of_at_once(make):
    service = make(BUSY, "stop")
    with pytest.raises(StoreBusy):
        service.serve(FIRST, {})
    assert len(service.begun) == 1


def test_who_stops_it_meanwhile_does_not_wait(make, monkeypatch):
    monkeypatch.setattr(serve, "AGAIN_S", 60.0)
    service = make("again", BUSY, "stop")
    service.call.notice = lambda _: service.stop.set()
    service.serve(FIRST, {})
    assert len(service.begun) == 2
