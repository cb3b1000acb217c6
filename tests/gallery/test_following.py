from dataclasses import replace

import numpy as np
import pytest
from tests.support.faces import MODEL, SIZE, axis, kept

from mien.gallery import following
from mien.gallery.following import CrowdFollowing
from mien.gallery.matching.means import mean_keys, person_marks
from mien.store.journal import PersonName, PersonStanding, PictureMove, PictureStates
from mien.store.sql.people.journal import SqlJournal
from mien.store.vault.vault import Vault
from mien.store.vectors.growing import GrowingIndex
from mien.store.vectors.sieved import SievedIndex
from mien.store.vectors.snapshot import Snapshots

EVERY_AXIS = np.eye(SIZE, dtype=np.float32)


@pytest.fixture
def journal(database) -> SqlJournal:
    return SqlJournal(database)


@pytest.fixture
def snapshots(tmp_path) -> Snapshots:
    return Snapshots(tmp_path / "index", Vault.of(b"k" * 32))


@pytest.fixture
def open_crowd(people):
    """Looks at the store for the first time; a gallery of more than so many people is large."""

    def open_crowd(exact_up_to: int = 100, snapshots: Snapshots | None = None) -> CrowdFollowing:
        opened = CrowdFollowing(people, GrowingIndex(MODEL, snapshots, exact_up_to))
        opened.look(0.0)
        return opened

    return open_crowd


@pytest.fixture
def reads(people, monkeypatch) -> list[int]:
    """How many vectors were asked of the store, each time."""
    asked, read = [], people.template_vectors

    def counted(template_ids):
        asked.append(len(template_ids))
        return read(template_ids)

    monkeypatch.setattr(people, "template_vectors", counted)
    return asked


def scored(crowd) -> dict[str, list[float]]:
    """The similarity of everybody to each axis."""
    scores = crowd.scores(EVERY_AXIS).astype(float)
    return {
        person_id: np.where(scores[:, place] > 0.01, scores[:, place], 0).round(2).tolist()
        for person_id, place in crowd.places.items()
    }


def pictures_of(people, person_id) -> tuple[int, ...]:
    return tuple(picture.picture_id for picture in people.pictures(person_id))


@pytest.mark.parametrize("exact_up_to", [100, 2], ids=["exact", "sieved"])
def test_whatever_is_done_to_people_the_crowd_is_as_one_that_was_read_anew(
    open_crowd, people, journal, enrol, clock, exact_up_to
):
    ann, bob, eve = enrol("Ann", axis(0), axis(1)), enrol("Bob", axis(2)), enrol("Eve", axis(3), axis(4))
    stranger = people.add_stranger([kept(axis(5)), kept(axis(8))], clock.now()).person_id
    crowd = open_crowd(exact_up_to)
    before = scored(crowd.crowd)
    now = clock.now()
    steps = {
        "a picture more": lambda: people.add_pictures(ann, [kept(axis(6))], now),
        "moved": lambda: journal.apply("move", [PictureMove(pictures_of(people, ann)[:1], bob)], now),
        "set aside": lambda: journal.apply("cap", [PictureStates(pictures_of(people, eve)[:1], "set_aside")], now),
        "merged": lambda: journal.apply(
            "merge", [PictureMove(pictures_of(people, bob), ann), PersonStanding(bob, "merged", ann)], now
        ),
        "undone": lambda: journal.undo(now),
        "named": lambda: journal.apply("name", [PersonName(stranger, "Zoe")], now),
        "binned": lambda: journal.apply("bin", [PersonStanding(eve, "binned")], now),
        "forgotten": lambda: people.forget(bob),
        "another": lambda: enrol("Bob", axis(9)),
        "restored": lambda: journal.apply("restore", [PersonStanding(eve, "active")], now),
    }
    for told, step in steps.items():
        step()
        crowd.look(0.0)
        anew = open_crowd(exact_up_to).crowd
        assert scored(crowd.crowd) == scored(anew), told
        assert crowd.crowd.names == anew.names, told
        mine, theirs = crowd.crowd.is_enrolled, anew.is_enrolled
        assert {one: mine[at] for one, at in crowd.crowd.places.items()} == {
            one: theirs[at] for one, at in anew.places.items()
        }, told
        assert crowd.crowd.ignored == anew.ignored
    assert scored(crowd.crowd) != before
    assert crowd.crowd.names[stranger] == "Zoe"


def test_somebody_is_their_mean_weighted_by_the_square_of_the_quality(open_crowd, people, clock):
    pictures = [replace(kept(axis(0)), quality=1.0), replace(kept(axis(1)), quality=0.5)]
    people.add_person("Ann", pictures, clock.now())
    people.add_stranger(pictures, clock.now())

    crowd = open_crowd().crowd

    ann, stranger = crowd.scores(EVERY_AXIS).T
    mean, length = np.array([1, 0.25]), np.hypot(1, 0.25)
    assert ann[:2] == pytest.approx(mean / length, abs=1e-6)
    assert stranger[:2] == pytest.approx(mean / length * np.sqrt(length / 1.25), abs=1e-6)


def test_only_whom_a_change_touched_is_read(open_crowd, people, enrol, clock, reads):
    ann = enrol("Ann", axis(0), axis(1))
    enrol("Bob", axis(2), axis(3))
    crowd = open_crowd()
    assert reads == [4]

    people.add_pictures(ann, [kept(axis(4))], clock.now())
    crowd.look(0.0)
    assert reads == [4, 3]

    crowd.look(0.0)
    assert reads == [4, 3]


def test_many_templates_are_read_in_parts_and_nobody_is_torn_apart(open_crowd, enrol, monkeypatch, reads):
    monkeypatch.setattr(following, "_TEMPLATES", 4)
    for number in range(7):
        enrol(f"number {number}", *(axis(3 * number + view) for view in range(3)))

    crowd = open_crowd().crowd

    assert sum(reads) == 21
    assert max(reads) <= 6
    assert all(scores.count(0.58) == 3 for scores in scored(crowd).values())


def test_a_large_gallery_starts_from_its_snapshot_and_reads_what_changed_since(
    open_crowd, people, enrol, snapshots, clock, reads
):
    ids = [enrol(f"number {number}", axis(2 * number), axis(2 * number + 1)) for number in range(10)]
    first = open_crowd(5, snapshots)
    first._index.wait()
    assert reads == [20]
    people.forget(ids[0])
    people.add_pictures(ids[1], [kept(axis(40))], clock.now())
    enrol("late", axis(50))

    again = open_crowd(5, snapshots)

    assert reads == [20, 4]
    assert scored(again.crowd) == scored(open_crowd().crowd)
    assert isinstance(again._index.current, SievedIndex)
    assert set(again._index.ids.tolist()) == set(open_crowd()._index.ids.tolist())


def test_nothing_is_read_of_strangers_who_are_in_the_snapshot(open_crowd, people, enrol, snapshots, clock, reads):
    for number in range(6):
        enrol(f"number {number}", axis(number))
    people.add_stranger([kept(axis(10)), kept(axis(11))], clock.now())
    first = open_crowd(5, snapshots)
    first._index.wait()

    again = open_crowd(5, snapshots)

    assert reads == [8]
    assert scored(again.crowd) == scored(first.crowd)
    assert len(again._index) == len(first._index) == 7


def test_whom_changes_touched_is_told_as_long_as_it_is_known(open_crowd, people, enrol, clock, monkeypatch):
    monkeypatch.setattr(following, "_REMEMBERED", 3)
    crowd = open_crowd()
    looks, touched = [crowd.crowd], []
    assert crowd.touched_since(looks[0].revision) == frozenset()
    for name in ("Ann", "Bob", "Eve", "Zoe"):
        touched.append(enrol(name, axis(len(touched))))
        crowd.look(0.0)
        looks.append(crowd.crowd)
    assert crowd.touched_since(looks[4].revision) == frozenset()
    assert crowd.touched_since(looks[2].revision) == {touched[2], touched[3]}
    assert crowd.touched_since(looks[1].revision) == {*touched[1:]}
    assert crowd.touched_since(looks[0].revision) is None
    people.forget(touched[0])
    crowd.look(0.0)
    assert crowd.touched_since(looks[4].revision) == {touched[0]}


def test_who_changes_while_being_read_is_read_at_the_next_look(open_crowd, people, enrol, monkeypatch):
    ann, bob = enrol("Ann", axis(0)), enrol("Bob", axis(1))
    read = people.template_vectors

    def forgotten_meanwhile(template_ids):
        monkeypatch.undo()
        people.forget(ann)
        return read(template_ids)

    monkeypatch.setattr(people, "template_vectors", forgotten_meanwhile)
    crowd = open_crowd()

    assert crowd.crowd.person_ids == (bob,)
    crowd.look(0.0)
    assert crowd.crowd.person_ids == (bob,)
    assert "Ann" not in crowd.crowd.names.values()


def test_a_key_says_of_what_a_mean_was_made():
    ids, weights, owners = np.array([3, 5, 9]), np.array([0.5, 0.25, 1], np.float32), np.array([0, 1, 1], np.int32)
    keys = mean_keys(ids, weights, owners, 2)

    assert (keys >= 0).all()
    assert len(set(keys)) == 2
    assert mean_keys(ids[[2, 0, 1]], weights[[2, 0, 1]], owners[[2, 0, 1]], 2).tolist() == keys.tolist()
    assert mean_keys(ids, weights, np.array([0, 0, 1], np.int32), 2)[0] != keys[0]
    assert mean_keys(ids, weights / 2, owners, 2)[0] != keys[0]
    assert mean_keys(ids + 1, weights, owners, 2)[0] != keys[0]
    marks = person_marks([f"person-{number:04d}" for number in range(100_000)])
    assert len(np.unique(marks)) == len(marks) and (marks >= 0).all()
