from dataclasses import replace

import numpy as np
import pytest
from tests.support.faces import MODEL, axis, kept, like, quality, seen

from mien.domain.errors import ModelMismatch
from mien.domain.faces import CropSpec, FaceCrops
from mien.domain.identity import Match, Undecided, Unknown
from mien.gallery.deciding.consensus import TrackIdentities
from mien.gallery.deciding.judging import TrackJudge
from mien.gallery.following import CrowdFollowing
from mien.gallery.matching.crowd import Crowd
from mien.gallery.strangers.visit_book import VisitBook
from mien.store.sql.people.sightings import SqlSightings


@pytest.fixture
def tracks(open_tracks) -> TrackIdentities:
    return open_tracks()


def look(tracks, faces, times=1, score=0.9, norm=10.0):
    """Show each track its face some times, and decide after each."""
    answer = {}
    for _ in range(times):
        tracks.observe(list(faces), seen(*faces.values(), norm=norm), quality(*[score] * len(faces)))
        answer = tracks.decide(list(faces))
    return answer


def test_a_person_is_named_after_enough_views(tracks, enrol, clock):
    ann = enrol("Ann", axis(0))
    clock.passed_s += 1
    face = like(axis(0), 0.5)

    assert look(tracks, {1: face})[1] == Undecided("too few views", pytest.approx(0.5), pytest.approx(0.5))
    assert isinstance(look(tracks, {1: face})[1], Undecided)
    assert look(tracks, {1: face})[1] == Match(ann, pytest.approx(0.5), pytest.approx(0.5))


def test_one_good_view_that_is_very_similar_is_enough_and_one_poor_view_is_not(tracks, enrol, clock):
    ann = enrol("Ann", axis(0))
    clock.passed_s += 1

    assert look(tracks, {1: like(axis(0), 0.8)})[1].person_id == ann
    assert isinstance(look(tracks, {2: like(axis(0), 0.8)}, score=0.2)[2], Undecided)


@pytest.mark.parametrize(("alike", "others", "is_named"), [(4, 3, True), (3, 3, False), (3, 4, False), (2, 0, False)])
def test_most_single_views_have_to_name_the_person(tracks, enrol, clock, alike, others, is_named):
    """However similar all views together are."""
    ann = enrol("Ann", axis(0))
    for number in range(others):
        enrol(f"number {number}", axis(10 + number))
    clock.passed_s += 1
    own = [like(axis(0), 0.54, 30 + number) for number in range(alike)]
    rest = np.float32(np.sqrt(1 - 0.5**2 - 0.52**2))
    away = [
        np.float32(0.5) * axis(0) + np.float32(0.52) * axis(10 + number) + rest * axis(40 + number)
        for number in range(others)
    ]
    for one in (*own, *away):
        tracks.observe([1], seen(one), quality(0.9))

    decided = tracks.decide([1])[1]

    assert decided.similarity > 0.4 and decided.margin > 0.1
    assert decided == (
        Match(ann, decided.similarity, decided.margin)
        if is_named
        else Undecided("too few views", decided.similarity, decided.margin)
    )


def test_poor_views_name_a_person_who_is_similar_all_the_same(tracks, enrol, clock):
    ann = enrol("Ann", axis(0))
    clock.passed_s += 1

    assert look(tracks, {1: like(axis(0), 0.35)}, times=3, score=0.3)[1].person_id == ann


def test_a_stranger_gets_an_id_that_stays_across_tracks_sources_and_restarts(open_tracks, people):
    face = axis(0)
    door, yard = open_tracks("door"), open_tracks("yard")

    first = look(door, {1: face}, times=3)[1]
    door.end([1])
    again = look(door, {2: like(face, 0.8)}, times=3)[2]
    elsewhere = look(yard, {1: like(face, 0.7)}, times=3)[1]
    restarted = look(open_tracks("door"), {1: face}, times=3)[1]

    assert isinstance(first, Unknown)
    assert [one.person_id for one in (first, again, elsewhere, restarted)] == ["unknown-0001"] * 4
    assert [person.person_id for person in people.people()] == ["unknown-0001"]


def test_a_camera_may_ask_for_a_single_view(open_tracks):
    pictures = open_tracks("album", votes=1)

    assert look(pictures, {1: axis(0)})[1] == Unknown(0.0, "unknown-0001", 0.0)


def test_different_strangers_get_different_ids(tracks):
    answers = look(tracks, {1: axis(0), 2: axis(1), 3: axis(2)}, times=3)

    assert sorted(answer.person_id for answer in answers.values()) == ["unknown-0001", "unknown-0002", "unknown-0003"]


@pytest.mark.parametrize("trouble", [{"score": 0.3}, {"norm": 4.0}])
def test_no_stranger_is_founded_from_poor_views(tracks, people, trouble):
    answer = look(tracks, {1: axis(0)}, times=20, **trouble)[1]

    assert isinstance(answer, Undecided)
    assert answer.reason in {"blurred", "unclear"}
    assert people.people() == ()


def test_no_stranger_is_founded_from_views_that_do_not_resemble_each_other(tracks, people):
    for number in range(8):
        answer = look(tracks, {1: axis(number)})[1]

    assert isinstance(answer, Undecided)
    assert people.people() == ()


def test_a_short_track_stays_undecided(tracks, people):
    assert look(tracks, {1: axis(0)}, times=2)[1] == Undecided("too few views")
    assert tracks.end([1]) == {1: Undecided("too few views")}
    assert people.people() == ()


def test_tracks_seen_together_are_never_one_person(tracks, enrol, clock):
    ann = enrol("Ann", axis(0))
    clock.passed_s += 1

    answers = look(tracks, {1: like(axis(0), 0.5), 2: like(axis(0), 0.8)}, times=4)

    assert answers[2].person_id == ann
    assert answers[1] != answers[2]
    assert not isinstance(answers[1], Match)


def test_a_better_match_takes_the_name_from_a_track_beside_it(tracks, enrol, clock):
    ann = enrol("Ann", axis(0))
    clock.passed_s += 1
    assert look(tracks, {1: like(axis(0), 0.5)}, times=3)[1].person_id == ann

    answers = look(tracks, {1: like(axis(0), 0.5), 2: like(axis(0), 0.9, number=40)}, times=3)

    assert answers[2].person_id == ann
    assert getattr(answers[1], "person_id", "") != ann


@pytest.mark.parametrize("seen_anew", [(), (1,), (2,), (1, 2)])
@pytest.mark.parametrize(("first", "second"), [(0.6, 0.8), (0.8, 0.6), (0.72, 0.7), (0.7, 0.72), (0.7, 0.7)])
def test_tracks_that_were_decided_apart_and_then_meet_are_two_people(tracks, enrol, clock, first, second, seen_anew):
    ann = enrol("Ann", axis(0))
    clock.passed_s += 1
    faces = {1: like(axis(0), first), 2: like(axis(0), second, number=40)}
    for track_id, face in faces.items():
        assert look(tracks, {track_id: face}, times=3)[track_id].person_id == ann
    for track_id in seen_anew:
        tracks.observe([track_id], seen(faces[track_id]), quality(0.9))

    answers = tracks.decide([1, 2])

    named = [track_id for track_id, answer in answers.items() if isinstance(answer, Match)]
    assert len(named) == 1
    assert first == second or named == [1 if first > second else 2]


def test_tracks_seen_together_stay_two_people_after_one_has_ended(tracks, enrol, clock):
    ann = enrol("Ann", axis(0))
    clock.passed_s += 1
    look(tracks, {1: axis(0), 2: axis(5)}, times=3)
    tracks.end([1])

    answer = look(tracks, {2: like(axis(0), 0.6)}, times=12)[2]

    assert getattr(answer, "person_id", "") != ann
    assert look(tracks, {3: axis(0)}, times=3)[3].person_id == ann


def test_a_second_detection_of_one_face_founds_nobody(tracks, people):
    look(tracks, {1: axis(0)}, times=3)

    answers = look(tracks, {1: axis(0), 2: like(axis(0), 0.95)}, times=10)

    assert answers[2] == Undecided("somebody else in view is that person", pytest.approx(0.95), pytest.approx(0.95))
    assert len(people.people()) == 1


def test_when_tracks_meet_the_newest_views_count(tracks, enrol, clock):
    ann = enrol("Ann", axis(0))
    clock.passed_s += 1
    look(tracks, {1: like(axis(0), 0.7)}, times=3)
    look(tracks, {2: like(axis(0), 0.72, number=40)}, times=3)
    tracks.observe([1], seen(like(axis(0), 0.85)), quality(0.9))  # 0.74 together

    answers = tracks.decide([1, 2])

    assert answers[1].person_id == ann and isinstance(answers[2], Undecided)


def test_who_loses_a_person_out_of_view_is_undecided_and_founds_nobody(tracks, enrol, people, clock):
    ann = enrol("Ann", axis(0))
    clock.passed_s += 1
    assert look(tracks, {1: like(axis(0), 0.45)}, times=3)[1].person_id == ann
    tracks.decide([1, 2])  # once in view together

    assert look(tracks, {2: like(axis(0), 0.9, number=40)}, times=3)[2].person_id == ann

    assert tracks.end([1]) == {1: Undecided("somebody else in view is that person")}
    assert [person.person_id for person in people.people()] == [ann]


def test_what_is_hardly_a_face_names_nobody_and_does_not_blur_what_is_one(tracks, enrol, clock):
    ann = enrol("Ann", axis(0))
    clock.passed_s += 1

    assert look(tracks, {1: like(axis(0), 0.95)}, times=10, norm=4.0)[1] == Undecided("unclear")
    look(tracks, {1: like(axis(0), 0.5)}, times=3)
    assert look(tracks, {1: axis(9)}, times=10, norm=4.0)[1] == Match(ann, pytest.approx(0.5), pytest.approx(0.5))


def test_a_track_is_asked_for_what_a_picture_of_its_quality_is(open_gallery, open_tracks, enrol):
    ann = enrol("Ann", axis(0))
    gallery = open_gallery()
    for similarity, score in ((0.31, 0.3), (0.35, 0.3), (0.35, 0.9), (0.45, 0.9)):
        face, album = like(axis(0), similarity), open_tracks("album", gallery, votes=1)

        (answer,) = gallery.identify(seen(face), quality(score))

        assert isinstance(answer, Match) is isinstance(look(album, {1: face}, score=score)[1], Match)
        assert isinstance(answer, Match) is (similarity > 0.4 - 0.1 * (1 - score))
    assert answer.person_id == ann


def test_a_decision_stands_while_the_similarity_wavers(tracks, enrol, clock, settings):
    ann = enrol("Ann", axis(0))
    clock.passed_s += 1
    look(tracks, {1: like(axis(0), 0.45)}, times=3)

    answers = [look(tracks, {1: like(axis(0), 0.36)})[1] for _ in range(12)]

    assert {answer.person_id for answer in answers} == {ann}
    assert min(answer.similarity for answer in answers) < settings.known_similarity


def test_a_decision_falls_when_the_evidence_does(tracks, enrol, clock):
    enrol("Ann", axis(0))
    clock.passed_s += 1
    look(tracks, {1: like(axis(0), 0.45)}, times=3, score=0.6)

    answer = look(tracks, {1: like(axis(0), 0.1)}, times=20, score=0.95)[1]

    assert isinstance(answer, Unknown)


def test_a_stranger_is_recognised_when_better_views_come(tracks, enrol, clock):
    ann = enrol("Ann", axis(0))
    clock.passed_s += 1
    assert isinstance(look(tracks, {1: like(axis(0), 0.3)}, times=4, score=0.6)[1], Unknown)

    answer = look(tracks, {1: like(axis(0), 0.7)}, times=8, score=0.95)[1]

    assert answer.person_id == ann


def test_a_stranger_who_is_enrolled_meanwhile_gets_the_name(tracks, enrol, clock):
    look(tracks, {1: axis(0)}, times=3)
    ann = enrol("Ann", like(axis(0), 0.7))
    clock.passed_s += 1

    assert tracks.decide([1])[1].person_id == ann


def test_a_track_that_moves_to_another_face_starts_anew(tracks, enrol, clock):
    ann, bob = enrol("Ann", axis(0)), enrol("Bob", axis(1))
    clock.passed_s += 1
    assert look(tracks, {1: axis(0)}, times=8)[1].person_id == ann

    assert look(tracks, {1: axis(1)}, times=4)[1].person_id == bob


def test_between_two_people_no_name_is_given(tracks, enrol, clock):
    enrol("Ann", axis(0))
    enrol("Bob", axis(1))
    clock.passed_s += 1

    answer = look(tracks, {1: (axis(0) + axis(1)) / np.float32(np.sqrt(2))}, times=10)[1]

    assert answer == Undecided("between two people", pytest.approx(0.707, abs=1e-3), pytest.approx(0.0, abs=1e-6))


def test_a_forgotten_person_is_not_named_any_more(tracks, enrol, people, clock):
    ann = enrol("Ann", axis(0))
    clock.passed_s += 1
    assert look(tracks, {1: axis(0)}, times=3)[1].person_id == ann

    people.forget(ann)
    clock.passed_s += 1

    assert getattr(tracks.decide([1])[1], "person_id", "") != ann


def test_whoever_was_forgotten_in_view_is_met_anew_by_later_views_alone(tracks, people, database, clock, caplog):
    caplog.set_level("INFO")
    before = [like(axis(0), 0.9, number) for number in (20, 21, 22)]
    for one in before:
        stranger = look(tracks, {1: one})[1]
    assert stranger.person_id == "unknown-0001" and len(people.pictures()) == 3

    people.forget("unknown-0001")
    clock.passed_s += 60
    tracks.decide([1])
    after = [like(axis(0), 0.9, number) for number in (30, 31, 32)]
    for one in after:
        again = look(tracks, {1: one})[1]
    clock.passed_s += 1
    tracks.decide([1])
    tracks.end([1])

    assert again.person_id == "unknown-0002" and "unknown-0001" not in caplog.text
    kept_by = {tuple(one.vector) for one in people.templates()}
    assert kept_by == {*map(tuple, after)} and not kept_by & {*map(tuple, before)}
    (visit,) = SqlSightings(database).latest(9)
    assert (visit.person_id, (visit.ended_at - visit.began_at).total_seconds()) == ("unknown-0002", 1)


def test_views_that_a_stranger_was_kept_by_go_with_them_whoever_their_track_is_by_then(open_tracks, people, clock):
    tracks = open_tracks()
    for track, view in ((1, axis(0)), (1, like(axis(0), 0.6)), (2, axis(0))):
        look(tracks, {track: view}, times=3)
    clock.passed_s += 1
    parted = tracks.decide([1, 2])
    assert parted[2].person_id == "unknown-0001" and isinstance(parted[1], Undecided)

    people.forget("unknown-0001")
    clock.passed_s += 1
    tracks.decide([1, 2])

    assert people.templates() == ()


def test_a_track_is_settled_when_it_is_decided_on_many_good_views(tracks):
    look(tracks, {1: axis(0)}, times=3)
    assert not tracks.is_settled(1)
    look(tracks, {1: axis(0)}, times=3)
    assert tracks.is_settled(1)
    assert not tracks.is_settled(99)


def test_ended_tracks_return_what_they_were_at_last(tracks, enrol, clock):
    ann = enrol("Ann", axis(0))
    clock.passed_s += 1
    look(tracks, {1: axis(0), 2: axis(3)}, times=3)

    ended = tracks.end([1, 2, 77])

    assert ended[1].person_id == ann
    assert ended[2].person_id == "unknown-0001"
    assert 77 not in ended
    assert tracks.end([1]) == {}


def test_the_crops_of_a_founded_strangers_views_are_kept(tracks, people, media):
    spec = CropSpec(112, ((0.0, 0.0),) * 5, "bgr")
    for shade in (10, 20, 30):
        crops = FaceCrops(np.full((1, 112, 112, 3), shade, np.uint8), spec)
        tracks.observe([4], seen(axis(0)), quality(0.9), crops)
    stranger = tracks.decide([4])[4].person_id

    crops = [picture.crop for picture in people.pictures(stranger)]
    assert sorted(int(media.load(name)[0, 0, 0]) for name in crops) == [10, 20, 30]


def test_another_models_views_are_refused(tracks):
    with pytest.raises(ModelMismatch):
        tracks.observe([1], seen(axis(0), model=replace(MODEL, network="other")), quality(0.9))


@pytest.fixture
def judged(monkeypatch) -> list[float]:
    """The best similarity of each track that is judged, as it is."""
    asked, judge = [], TrackJudge.judge

    def heard(self, evidence, scores, taken):
        asked.append(round(float(scores.max(initial=0)), 2))
        return judge(self, evidence, scores, taken)

    monkeypatch.setattr(TrackJudge, "judge", heard)
    return asked


def test_a_change_to_somebody_concerns_only_who_resembles_them(tracks, enrol, people, clock, judged):
    ann, bob = enrol("Ann", axis(0)), enrol("Bob", axis(1))
    clock.passed_s += 1
    faces = {1: like(axis(0), 0.7), 2: like(axis(1), 0.8), 3: like(axis(2), 0.9)}
    look(tracks, faces, times=3)
    clock.passed_s += 1
    tracks.decide([1, 2, 3])  # what they founded is heard of
    judged.clear()

    enrol("Zoe", axis(7))
    clock.passed_s += 1
    tracks.decide([1, 2, 3])
    assert judged == []  # she resembles nobody here

    people.add_pictures(bob, [kept(axis(1))], clock.now())
    clock.passed_s += 1
    tracks.decide([1, 2, 3])
    assert judged == [0.8]

    judged.clear()
    people.forget(ann)
    clock.passed_s += 1
    assert isinstance(tracks.decide([1, 2, 3])[1], Undecided)
    assert judged == []  # of the face that was hers nothing is left to judge
    assert isinstance(look(tracks, {1: like(axis(0), 0.7)}, times=3)[1], Unknown)


def test_who_is_undecided_is_looked_at_again_when_what_made_it_so_is_gone(tracks, enrol, people, clock):
    ann, bob = enrol("Ann", axis(0)), enrol("Bob", axis(1))
    clock.passed_s += 1
    face = (axis(0) + axis(1)) / np.float32(np.sqrt(2))
    assert look(tracks, {1: face}, times=4)[1].reason == "between two people"

    people.forget(bob)
    clock.passed_s += 1

    assert tracks.decide([1])[1].person_id == ann


def test_everybody_is_looked_at_again_where_it_is_not_known_who_changed(tracks, enrol, clock, judged, monkeypatch):
    monkeypatch.setattr(CrowdFollowing, "touched_since", lambda *_: None)
    look(tracks, {1: axis(0), 2: axis(5)}, times=3)
    judged.clear()
    enrol("Zoe", axis(7))
    clock.passed_s += 1

    tracks.decide([1, 2])

    assert len(judged) == 2


def test_similarities_are_computed_once_for_all_tracks_of_a_frame(tracks, enrol, clock, monkeypatch):
    for number in range(3):
        enrol(f"number {number}", axis(number))
    clock.passed_s += 1
    faces = {number + 1: like(axis(number), 0.7) for number in range(3)}
    look(tracks, faces, times=4)
    asked, score = [], Crowd.scores
    monkeypatch.setattr(Crowd, "scores", lambda self, *told: asked.append(len(told[0])) or score(self, *told))

    look(tracks, faces)

    assert asked == [3]


def test_strangers_in_view_together_are_told_of_once(open_tracks, enrol, clock, monkeypatch):
    told = []
    monkeypatch.setattr(VisitBook, "together", lambda _, pairs: told.extend(pairs))
    enrol("Ann", axis(9))
    tracks = open_tracks()
    clock.passed_s += 1

    look(tracks, {1: axis(0), 2: axis(1), 3: axis(9)}, times=9)
    tracks.end([1])
    look(tracks, {2: axis(1), 4: axis(3)}, times=9)

    assert sorted(told) == [("unknown-0001", "unknown-0002"), ("unknown-0002", "unknown-0003")]


def test_a_partner_who_has_left_counts_when_a_track_is_decided(open_tracks, clock, monkeypatch):
    told = []
    monkeypatch.setattr(VisitBook, "together", lambda _, pairs: told.extend(pairs))
    tracks = open_tracks()
    look(tracks, {1: axis(0)}, times=3)
    look(tracks, {1: axis(0), 2: axis(1)})
    tracks.end([1])
    assert told == []

    look(tracks, {2: axis(1)}, times=3)

    assert told == [("unknown-0001", "unknown-0002")]
