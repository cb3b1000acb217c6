"""Enrolling in the window: who is in view as a stranger is known by name in the next frame, and no stranger any more."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.encoding import read_pictures

from mien.desk.enrolling import DeskEnrolment, EnrolmentView
from mien.domain.clock import SystemClock
from mien.domain.errors import EnrolmentRefused, GalleryError, UsageError
from mien.domain.frame import Frame
from mien.domain.readings import FaceReading
from mien.gallery.names import full_name
from mien.privacy.purpose import PrivacySettings
from mien.settings import Settings
from mien.sources.pixels import ArrayPixels
from mien.wiring.assembly import Assembly, assemble, camera_settings
from mien.wiring.desk_enrolment import DeskEnrolments, HomeForm, build_desk_enrolments

ALL = frozenset(("identify", "expression", "keep"))


@pytest.fixture
def assembly(tmp_path: Path, take) -> Iterator[Assembly]:
    for model in ("yunet", "mobilefacenet"):
        take(model)
    with ExitStack() as stack:
        yield assemble(Settings(home=tmp_path / "home"), stack, SystemClock())


@pytest.fixture
def frames(weights, catalog) -> list[Frame]:
    """The man in the car, as the window's camera shows him."""
    pictures = read_pictures(weights.path(catalog.card("carphone")), 60)
    return [Frame("0", n, n / 25, n / 25, ArrayPixels(one)) for n, one in enumerate(pictures)]


def ended(enrolment: DeskEnrolment, show: Callable[[], object]) -> EnrolmentView:
    """How an enrolment ended before which pictures are shown all the time."""
    end_s = time.monotonic() + 30
    while not enrolment.view.is_over and time.monotonic() < end_s:
        show()
        time.sleep(0.01)
    return enrolment.view


def test_a_stranger_in_view_is_known_in_the_next_frame_and_no_second_person_stays(assembly, frames) -> None:
    own = camera_settings(assembly.settings, "0")
    people, desk = assembly.stores.people, replace(build_desk_enrolments(assembly, own, SystemClock()), snapshots=1)
    with ExitStack() as stack:
        pipeline = assembly.pipelines.build_live("0", own, stack)
        before = [pipeline.process(frame).faces[0] for frame in frames[:30]][-1]
        assert (before.identity, before.person_id) == ("unknown", "unknown-0001")
        name = full_name(" Ada ", "Lovelace")
        enrolment = desk.begin(name, desk.form.terms(name, ALL, "", adds=False))
        shown = iter(frames[30:31] * 1000)
        view = ended(enrolment, lambda: enrolment.offer(next(shown)))
        assert (view.phase, view.done, view.wanted) == ("kept", 1, 1)
        assert view.message == "Ada Lovelace: 1 snapshot kept; unknown-0001 became Ada Lovelace"
        after: FaceReading = pipeline.process(frames[31]).faces[0]
        assert after.track_id == before.track_id
        assert (after.identity, after.person_id, after.person_name) == ("known", "person-0001", "Ada Lovelace")
        assert [pipeline.process(frame).faces[0].person_id for frame in frames[32:]] == ["person-0001"] * 28
        pipeline.finish()
    (ada,) = people.people()
    assert ada.name == "Ada Lovelace" and people.selves("unknown-0001") == ("person-0001", "unknown-0001")
    assert {one.origin for one in people.pictures(ada.person_id, "active")} >= {"camera 0"}
    (visit,) = assembly.stores.sightings.latest(9)
    assert (visit.identity, visit.person_id) == ("known", "person-0001")
