"""Clusters of strangers, on vectors set by hand: who is put together, and whose id stays."""

from collections.abc import Sequence
from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.faces import SIZE, axis, like

from mien.gallery.matching.linkage import representative
from mien.gallery.strangers.clustering import ClusteringSettings, Face, FaceClusters

SIMILARITY = 0.43


def numbered() -> FaceClusters:
    numbers = count(1)
    return FaceClusters(ClusteringSettings(SIMILARITY), lambda: f"unknown-{next(numbers)}")


@pytest.fixture
def clusters() -> FaceClusters:
    return numbered()


def face(name: str, person: int, number: int = 0, **more) -> Face:
    """A picture of a person: any two of one are 0.64 similar, and of two people not at all."""
    return Face(name, like(axis(person), 0.8, 20 + number), **more)


def together(clusters: FaceClusters, names: Sequence[str]) -> bool:
    return len({clusters.cluster_of(name) for name in names}) == 1


def test_faces_of_one_person_get_one_id_and_keep_it(clusters: FaceClusters) -> None:
    assert clusters.add([face("a1", 0)]).placed == {"a1": "unknown-1"}
    assert clusters.add([face("b1", 1, 1)]).placed == {"b1": "unknown-2"}
    changes = clusters.add([face("a2", 0, 2), face("b2", 1, 3), face("c1", 2, 4)])
    assert changes.placed == {"a2": "unknown-1", "b2": "unknown-2", "c1": "unknown-3"}
    assert changes.merged == {} and not changes.disputed
    assert clusters.cluster_ids == ("unknown-1", "unknown-2", "unknown-3")
    assert [one.face_id for one in clusters.faces_of("unknown-2")] == ["b1", "b2"]


OLD, YOUNG = axis(0), like(axis(0), 0.3, 1)
"""Not similar enough to be one."""


def between() -> Face:
    """A face that is similar to both."""
    middle = OLD + YOUNG
    return Face("middle", middle / np.linalg.norm(middle))


def test_of_two_clusters_that_turn_out_to_be_one_the_older_id_stays(clusters: FaceClusters) -> None:
    clusters.add([Face("old", OLD)])
    clusters.add([Face("young", YOUNG)])
    changes = clusters.add([between()])
    assert changes.placed == {"middle": "unknown-1"} and changes.merged == {"unknown-2": "unknown-1"}
    assert together(clusters, ["old", "young", "middle"])
    assert clusters.faces_of("unknown-2") == clusters.faces_of("unknown-1")  # whoever remembers the id finds them


def test_a_named_cluster_keeps_its_id_though_it_is_younger(clusters: FaceClusters) -> None:
    clusters.add([Face("old", OLD)])
    clusters.add([Face("young", YOUNG)])
    clusters.name("unknown-2")
    assert clusters.add([between()]).merged == {"unknown-1": "unknown-2"}


def test_two_named_clusters_are_never_merged(clusters: FaceClusters) -> None:
    clusters.add([Face("old", OLD)])
    clusters.add([Face("young", YOUNG)])
    for cluster_id in clusters.cluster_ids:
        clusters.name(cluster_id)
    clusters.add([between()])
    assert not together(clusters, ["old", "young"])


def test_an_id_is_given_only_to_what_is_left_of_a_batch(clusters: FaceClusters) -> None:
    changes = clusters.add([Face("old", OLD), Face("young", YOUNG), between(), face("else", 5)])
    assert changes.merged == {} and set(changes.placed.values()) == {"unknown-1", "unknown-2"}


def test_faces_of_one_track_are_one_person_whatever_they_look_like(clusters: FaceClusters) -> None:
    clusters.add([face("front", 0, track="cam:1")])
    assert clusters.add([face("side", 1, 1, track="cam:1")]).placed == {"side": "unknown-1"}


def test_what_was_in_view_together_is_never_one_person(clusters: FaceClusters) -> None:
    clusters.add([face("twin 1", 0, track="cam:1", apart=frozenset({"cam:2"}))])
    clusters.add([face("twin 2", 0, 1, track="cam:2")])
    assert not together(clusters, ["twin 1", "twin 2"])
    later = clusters.add([face(f"later {at}", 0, 2 + at) for at in range(5)])
    assert len(set(later.placed.values())) == 1 and later.merged == {} and not later.disputed
    assert not together(clusters, ["twin 1", "twin 2"])


def test_tracks_that_meet_after_they_were_put_together_are_disputed_not_split(clusters: FaceClusters) -> None:
    clusters.add([face("one", 0, track="cam:1"), face("other", 0, 1, track="cam:2")])
    changes = clusters.add([face("again", 0, 2, track="cam:1", apart=frozenset({"cam:2"}))])
    assert changes.disputed == {"unknown-1"} and together(clusters, ["one", "other", "again"])


def test_clusters_that_somebody_keeps_apart_stay_apart(clusters: FaceClusters) -> None:
    clusters.add([Face("old", OLD)])
    clusters.add([Face("young", YOUNG)])
    clusters.keep_apart("unknown-1", "unknown-2")
    assert clusters.add([between()]).merged == {}
    clusters.add([Face("more", OLD), Face("and more", YOUNG)])
    assert not together(clusters, ["old", "young"])


def test_a_face_is_moved_with_its_track_and_nothing_else_changes(clusters: FaceClusters) -> None:
    clusters.add([face("one", 0), face("front", 0, 1, track="cam:1"), face("side", 0, 2, track="cam:1")])
    clusters.hold("unknown-9", [face("front", 0, 1, track="cam:1")])
    assert clusters.cluster_of("front") == clusters.cluster_of("side") == "unknown-9"
    assert clusters.cluster_of("one") == "unknown-1" and clusters.cluster_ids == ("unknown-1", "unknown-9")
    clusters.hold("unknown-9", [face("one", 0)])
    assert clusters.cluster_ids == ("unknown-9",)
    with pytest.raises(KeyError):
        clusters.faces_of("unknown-1")


def test_moving_forgets_nobody_who_was_in_view_together(clusters: FaceClusters) -> None:
    clusters.add([face("one", 0, track="cam:1")])
    clusters.add([face("other", 0, 1, track="cam:2", apart=frozenset({"cam:1"}))])
    clusters.hold("unknown-1", [face("one", 0, track="cam:1")])
    clusters.add([face("more", 0, 2)])
    assert not together(clusters, ["one", "other"])


def test_a_face_that_is_taken_out_of_its_track_moves_alone(clusters: FaceClusters) -> None:
    clusters.add([face("front", 0, 1, track="cam:1"), face("switched", 1, 2, track="cam:1")])
    clusters.hold("unknown-9", [face("switched", 1, 2, track="cam:1 after")])
    assert clusters.cluster_of("front") == "unknown-1" and clusters.cluster_of("switched") == "unknown-9"
    assert clusters.add([face("again", 0, 3, track="cam:1")]).placed == {"again": "unknown-1"}


def test_after_a_restart_faces_go_on_where_they_were() -> None:
    arriving = [face(f"{person} {at}", person, at) for at in range(6) for person in range(3)]
    straight, restarted = numbered(), numbered()
    straight.add(arriving)
    first = numbered()
    first.add(arriving[:9])
    for cluster_id in first.cluster_ids:
        restarted.hold(cluster_id, first.faces_of(cluster_id))
    for one in arriving[9:]:
        restarted.add([one])
    assert all(restarted.cluster_of(one.face_id) == straight.cluster_of(one.face_id) for one in arriving)


def test_removed_faces_are_as_if_they_had_not_been_there(clusters: FaceClusters) -> None:
    clusters.add([Face("old", OLD), Face("young", YOUNG)])
    clusters.add([between()])
    clusters.remove(["middle", "young", "nobody"])
    assert clusters.cluster_ids == ("unknown-1",) and [one.face_id for one in clusters.faces_of("unknown-1")] == ["old"]
    assert clusters.add([Face("young", YOUNG)]).placed == {"young": "unknown-3"}
    clusters.remove(["old", "young"])
    assert clusters.cluster_ids == () and clusters.add([face("new", 4)]).placed == {"new": "unknown-4"}


def test_a_face_that_is_there_is_refused_and_none_of_its_batch_taken(clusters: FaceClusters) -> None:
    clusters.add([face("one", 0)])
    for batch in ([face("new", 1), face("one", 0)], [face("new", 1), face("new", 1)]):
        with pytest.raises(ValueError, match="twice"):
            clusters.add(batch)
    assert clusters.cluster_ids == ("unknown-1",)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_ids_change_only_as_told_and_nothing_similar_is_left_apart(seed: int) -> None:
    generator = np.random.default_rng(seed)
    clusters, told, again = numbered(), {}, numbered()
    centres = generator.normal(size=(6, SIZE))
    for number in range(40):
        vector = centres[generator.integers(6)] + generator.normal(size=SIZE) * generator.uniform(0.3, 1.5)
        vector = (vector / np.linalg.norm(vector)).astype(np.float32)
        apart = frozenset({str(generator.integers(40))}) if generator.random() < 0.3 else frozenset()
        arriving = Face(str(number), vector, track=str(generator.integers(35)), apart=apart)
        changes = clusters.add([arriving])
        assert again.add([arriving]) == changes
        told = {name: changes.merged.get(cluster_id, cluster_id) for name, cluster_id in told.items()} | changes.placed
        assert told == {name: clusters.cluster_of(name) for name in told}
    ids = clusters.cluster_ids
    for at, one in enumerate(ids):
        for other in ids[at + 1 :]:
            faces = clusters.faces_of(one), clusters.faces_of(other)
            if faces_may_be_one(*faces):
                standing = [representative(np.stack([face.vector for face in some])) for some in faces]
                assert standing[0] @ standing[1] < SIMILARITY + 1e-5


def faces_may_be_one(some: Sequence[Face], others: Sequence[Face]) -> bool:
    tracks = [{face.key for face in faces} for faces in (some, others)]
    apart = [set().union(*(face.apart for face in faces)) for faces in (some, others)]
    return tracks[0].isdisjoint(apart[1]) and tracks[1].isdisjoint(apart[0])
