"""What ends an engine ends nothing else, and is said."""

from threading import Event
from time import monotonic, sleep

import pytest

from mien.domain.errors import (
    KeyUnusable,
    ModelCorrupt,
    ModelUnavailable,
    ResultError,
    StoreBusy,
    StoreError,
    StoreTooNew,
)
from mien.engine.serving.news import EngineState
from mien.engine.serving.running import Running


def until(is_so) -> None:
    deadline_s = monotonic() + 5
    while not is_so():
        assert monotonic() < deadline_s
        sleep(0.005)


@pytest.mark.parametrize(
    ("error", "detail", "cause"),
    [
        (
            KeyUnusable("/home/ada/key holds no key", "/home/ada/key"),
            "the key of the database cannot be used",
            "/home/ada/key holds no key",
        ),
        (
            StoreTooNew("the database /home/ada/mien.sqlite was written by a newer version of mien"),
            "the database is of a newer version of mien",
            "the database /home/ada/mien.sqlite was written by a newer version of mien",
        ),
        (
            ModelCorrupt("/home/ada/x.onnx does not load"),
            "a model that is needed cannot be used",
            "/home/ada/x.onnx does not load",
        ),
        (ZeroDivisionError(), "a defect ended it: ZeroDivisionError", ""),
    ],
)
def test_an_engine_that_fails_leaves_a_word_and_tells_of_places_apart(error, detail, cause):
    states = []

    def work(stop, tell):
        tell("preparing", "models are being loaded")
        tell("running", "")
        raise error

    with Running(work, states.append, again_s=0.01) as running:
        running._thread.join(5)
        assert running.state == EngineState("failed", detail, cause)
    assert [one.phase for one in states] == ["preparing", "running", "failed"]


@pytest.mark.parametrize(
    "error",
    [
        ModelUnavailable("/home/ada/x.onnx could not be written"),
        StoreBusy("the database /home/ada/mien.sqlite cannot be used"),
        StoreError("/home/ada/departures cannot be written: No space left on device"),
        ResultError("/home/ada/crops cannot be written: No space left on device"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_may_pass_is_tried_again(error):
    tries, states = [], []

    def work(stop: Event, tell):
        tries.append(1)
        tell("running" if len(tries) == 2 else "preparing", "")
        if len(tries) < 4:
            raise error
        tell("running", "")
        stop.wait()

    running = Running(work, states.append, again_s=0.01)
    assert running.state.detail == "models are being loaded"
    with running:
        until(lambda: len(tries) == 4 and running.state.phase == "running")
        assert (running.state.detail, running.state.cause) == ("", "")
    failed = [one for one in states if one.phase == "failed"]
    assert len(failed) == 3 and running.state.detail == "the engine was stopped"
    for one in failed:
        assert one.detail.endswith("; it is tried again in 0.01 s") and "/home" not in one.detail
        assert one.cause == f"{error}; it is tried again in 0.01 s"


def test_closing_does_not_wait_for_the_next_try():
    def work(stop, tell):
        raise ModelUnavailable("no source could deliver it")

    with Running(work, lambda *_: None) as running:
        until(lambda: running.state.phase == "failed")
        assert "it is tried again" in running.state.detail
