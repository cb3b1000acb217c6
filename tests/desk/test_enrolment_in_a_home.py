"""Enrolling in the window: a stranger in view is known by name in the next frame, and no second person any more."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.encoding import read_pictures

from mien.desk.enrolling import DeskEnrolment, EnrolmentView
from mien.domain.clock import SystemClock
from mien.domain.errors import EnrolmentRefused, UsageError
from mien.domain.frame import Frame
from mien.domain.people.consent import ConsentText, NewConsent
from mien.domain.readings import FaceReading
from mien.gallery.names import full_name
from mien.privacy.purpose import PrivacySettings
from mien.settings import Settings
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.telemetry.wording import spoken
from mien.wiring.assembly import Assembly, assemble, camera_settings
from mien.wiring.enrolment.desk import DeskEnrolments, HomeForm, build_desk_enrolments
from mien.wiring.people import build_curator

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
    build_curator(assembly.settings, assembly.stores, SystemClock()).undo()
    assert {one.person_id for one in people.people()} == {"unknown-0001", "person-0001"}


def test_whoever_else_was_met_stays_a_stranger(assembly, frames, weights, catalog) -> None:
    own = camera_settings(assembly.settings, "0")
    astronaut = ArrayPixels(read_picture(str(weights.path(catalog.card("astronaut"))), 100))
    with ExitStack() as stack:
        elsewhere = assembly.pipelines.build_live("hall", own, stack)
        for number in range(12):
            elsewhere.process(Frame("hall", number, number / 4, number / 4, astronaut))
        elsewhere.finish()
        pipeline = assembly.pipelines.build_live("0", own, stack)
        for frame in frames[:30]:
            pipeline.process(frame)
        desk = replace(build_desk_enrolments(assembly, own, SystemClock()), snapshots=1)
        enrolment = desk.begin("Ada", desk.form.terms("Ada", ALL, "", adds=False))
        view = ended(enrolment, lambda: enrolment.offer(frames[30]))
        pipeline.finish()
    assert view.message == "Ada: 1 snapshot kept; unknown-0002 became Ada"
    assert {one.person_id for one in assembly.stores.people.people()} == {"unknown-0001", "person-0001"}


def test_others_in_front_have_to_step_aside_and_whoever_is_behind_need_not(assembly, frames) -> None:
    """The man with himself beside him: as near, half as far again, and three times as far."""
    man = cv2.resize(frames[0].pixels.bgr(), None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    desk = replace(build_desk_enrolments(assembly, camera_settings(assembly.settings, "0"), SystemClock()), snapshots=1)

    def beside(scale: float) -> Frame:
        other = cv2.resize(man, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        below = ((0, man.shape[0] - other.shape[0]), (0, 0), (0, 0))
        return Frame("0", 0, 0.0, 0.0, ArrayPixels(np.ascontiguousarray(np.hstack([man, np.pad(other, below)]))))

    for scale in (1.0, 0.65):
        enrolment = desk.begin("Ada", desk.form.terms("Ada", ALL, "", adds=False))
        end_s = time.monotonic() + 10
        while not enrolment.view.objection and time.monotonic() < end_s:
            enrolment.offer(beside(scale))
            time.sleep(0.02)
        told = "several faces are in front of the camera: the others have to step aside"
        assert (enrolment.view.done, enrolment.view.objection) == (0, told)
        enrolment.close()
    enrolment = desk.begin("Ada", desk.form.terms("Ada", ALL, "", adds=False))
    assert ended(enrolment, lambda: enrolment.offer(beside(0.34))).phase == "kept"


def test_a_picture_of_somebody_is_enrolled_by_nobody(assembly, frames) -> None:
    """He is shown on a wall: the depth is flat."""
    desk = replace(build_desk_enrolments(assembly, camera_settings(assembly.settings, "0"), SystemClock()), snapshots=1)
    enrolment = desk.begin("Ada", desk.form.terms("Ada", ALL, "", adds=False))
    wall = np.full((288, 352), 1000, np.uint16)
    end_s = time.monotonic() + 30
    while not enrolment.view.objection and not enrolment.view.is_over and time.monotonic() < end_s:
        enrolment.offer(replace(frames[0], depth_mm=wall))
        time.sleep(0.01)
    assert enrolment.view.objection.startswith("the face is too near, too far or a picture, by its depth")
    enrolment.offer(frames[0])  # depth is missing now and then
    enrolment.close()
    assert enrolment.view.done == 0 and not assembly.stores.people.people()


def form_of(assembly: Assembly, **privacy: object) -> HomeForm:
    settings = assembly.settings.model_copy(update={"privacy": PrivacySettings(**privacy)})
    return DeskEnrolments(replace(assembly, settings=settings), camera_settings(settings, "0"), SystemClock()).form


def test_the_form_asks_for_what_the_home_needs(assembly) -> None:
    form = form_of(assembly)
    assert (form.scopes, form.needs_proof) == (("identify", "expression", "keep"), False)
    assert form.text == ConsentText.of("").text
    declared, given = (form.terms("Ada", ALL, proof, adds=False) for proof in ("", "form 17"))
    assert (declared.is_given, given.is_given) == (False, True)
    assert declared.for_newcomers and declared.consent.version == ConsentText.of("").version
    assert (given.consent.text, given.consent.evidence) == (ConsentText.of("").text, "form 17")
    with pytest.raises(EnrolmentRefused, match="does not want to be recognised"):
        form.terms("Ada", frozenset({"keep"}), "form 17", adds=False)
    work = form_of(assembly, purpose="workplace")
    assert (work.scopes, work.needs_proof) == (("identify", "keep"), True)
    with pytest.raises(UsageError, match="for workplace nobody is enrolled unless something proves"):
        work.terms("Ada", frozenset({"identify"}), " ", adds=False)
    assert work.terms("Ada", frozenset({"identify"}), "form 17", adds=False).is_given


def test_who_is_enrolled_is_known_to_the_form_and_taken_on_what_is_on_record(assembly) -> None:
    form, people, now = form_of(assembly), assembly.stores.people, SystemClock().now()
    ada = people.add_person("Ada", [], now, NewConsent(frozenset({"identify"}), "1", "form 3"))
    bob = people.add_person("Bob", [], now, NewConsent(frozenset({"keep"}), "1", "form 4"))
    assert form.knows("ada") and form.knows("Bob") and not form.knows("Eve")
    terms = form.terms("Ada", frozenset(), "", adds=True)
    assert (terms.person_id, terms.is_given, terms.for_newcomers) == (ada.person_id, False, False)
    with pytest.raises(EnrolmentRefused, match="is there already"):
        form.terms("Ada", ALL, "", adds=False)
    for scopes, proof in ((ALL, ""), (frozenset({"keep"}), "form 5")):
        with pytest.raises(EnrolmentRefused) as refused:
            form.terms("Bob", scopes, proof, adds=True)
        assert spoken(str(refused.value)).endswith("if they do now, tick that, and fill in what proves it")
    assert form.terms("Bob", ALL, "form 5", adds=True).person_id == bob.person_id
