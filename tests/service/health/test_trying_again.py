"""What keeps the engine of the service from its cameras for a while does not have its models loaded again."""

from time import monotonic, sleep

from mien.domain.errors import StoreBusy
from mien.engine.serving.running import Running
from mien.wiring.serving import live as serving
from mien.wiring.serving.live import Watched, prepare_live


def test_after_a_lock_the_engine_begins_with_the_models_that_are_there(settings, stores, clock, monkeypatch):
    assembled, tries = [], []

    def assemble(*_):
        assembled.append(object())
        return assembled[-1]

    def build(assembly, *_):
        tries.append(assembly)
        raise StoreBusy("another process has kept the database locked")

    monkeypatch.setattr(serving, "assemble_over", assemble)
    monkeypatch.setattr(serving, "build_live_engine", build)
    live = prepare_live(settings, stores, clock, Watched({}))
    with Running(live.running._work, live.running._told, again_s=0.01):
        deadline_s = monotonic() + 5
        while len(tries) < 3:
            assert monotonic() < deadline_s
            sleep(0.005)
    assert len(assembled) == 1 and {*tries} == {*assembled}
    assert live.models.get() is assembled[0]
