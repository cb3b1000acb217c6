"""What ends an engine ends nothing else, and is said."""

from threading import Event
from time import monotonic, sleep

import pytest

from mien.domain.errors import ModelUnavailable, StoreError
from mien.engine.serving.running import Running


def until(is_so) -> None:
    deadline_s = monotonic() + 5
    while not is_so():
        assert monotonic() < deadline_s
        sleep(0.005)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (StoreError("the disk is full"), "the disk is full; nothing is watched until mien is started again"),
        (ZeroDivisionError(), "a defect ended it: ZeroDivisionError; nothing is watched until mien is started again"),
    ],
)
def test_an_engine_that_fails_leaves_a_word(error, told):
    states = []

    def work(stop, tell):
        tell("preparing", "models are being loaded")
        tell("running", "")
        raise error

    with Running(work, lambda *state: states.append(state)) as running:
        until(lambda: running.state.phase == "failed")
        assert running.state.detail == told
    assert [phase for phase, _ in states] == ["preparing", "running", "failed"]


def test_models_that_cannot_be_had_are_asked_for_again():
    tries, states = [], []

    def work(stop: Event, tell):
        tries.append(1)
        if len(tries) < 3:
            raise ModelUnavailable("no source could deliver it")
        tell("running", "")
        stop.wait()

    running = Running(work, lambda *state: states.append(state), again_s=0.01)
    assert running.state.detail == "models are being loaded"
    with running:
        until(lambda: running.state.phase == "running")
        assert running.state.detail == ""
    assert len(tries) == 3 and running.state.detail == "the engine was stopped"
    assert states[0] == ("failed", "no source could deliver it; it is tried again in 0.01 s"), (
        "nobody has to do anything"
    )


def test_closing_does_not_wait_for_the_next_try():
    def work(stop, tell):
        raise ModelUnavailable("no source could deliver it")

    with Running(work, lambda *_: None) as running:
        until(lambda: running.state.phase == "failed")
        assert "it is tried again" in running.state.detail
