"""Strangers sorted by person as they arrive: 2,000 faces of Labeled Faces in the Wild, View 1 train.

One joins a stranger or founds one, who is remembered by up to ten views, strangers who have become alike are merged,
and of whom it is doubtful is decided when all have come. The similarity from which on is shown over a range on one
half of the people, and as it ships on the other half and on all. On the one half alone 0.41 is best; 0.43 ships
because below it two people with many pictures were put together in some draws from all. So the other half is not
untouched by the choice, and people who took no part in it are the better judges.
"""

import time
from dataclasses import dataclass, replace

import numpy as np
from benchmarks.parts.labelled_faces import HALVES, LabelledPeople, Rows, labelled_people
from benchmarks.parts.report import Report, Table, measured
from scipy.cluster.hierarchy import fcluster, linkage

from mien.evaluation.clustering import LabelledFaces, RememberedStrangers, judge_clustering, pairwise_agreement
from mien.gallery.matching.thresholds import MatchingSettings
from mien.gallery.matching.views import View
from mien.gallery.strangers.clustering import StrangerClustering

SETTINGS = MatchingSettings()
FACES = 2000
EVERY = 1_000_000
DRAWS = 4
LEAST = (1, 2, 4)
"""Pictures that people have at least: with those of whom there is one, without them, and only those with several."""

SIMILARITIES = (0.37, 0.39, 0.41, 0.43, 0.45, 0.47)
OFFLINE = (0.24, 0.27, 0.30, 0.33, 0.36, 0.39)
"""Of average linkage over everything that is there at once."""

CHOICE = ("from similarity", "mean precision", "least", "mean recall", "least recall")
RESULT = ("people", "faces", "of people", "precision", "least", "recall", "least recall", "clusters", "ids changed")


@dataclass(frozen=True)
class Draw:
    """Faces drawn by chance, in the order in which they arrive."""

    faces: LabelledFaces
    seed: int


def main() -> None:
    """Print what each threshold does, what the one that ships does on all people, and the time of a face."""
    report = Report("lfw_clustering")
    with measured() as report.seconds:
        people = labelled_people()
        chosen_on = [draw for least in LEAST for draw in _draws(people, HALVES["chosen on"], least)]
        offline, best = _offline(chosen_on)
        report.tables += [_choice(chosen_on), offline, _result(people), _result_offline(people, best), _times()]
    report.publish()


def _draws(people: LabelledPeople, half: int | None, least: int, faces: int = FACES) -> list[Draw]:
    """So many faces of people drawn by chance, all of each person."""
    found = []
    own = people.rows_of(half, least)
    for seed in range(DRAWS):
        generator = np.random.default_rng(seed)
        names = generator.permutation(sorted(own))
        ends = np.searchsorted(np.cumsum([len(own[name]) for name in names]), faces)
        rows = np.concatenate([own[name] for name in names[: ends + 1]])
        found.append(Draw(_labelled(people, rows), seed))
    return found


def _labelled(people: LabelledPeople, rows: Rows) -> LabelledFaces:
    files = tuple(people.files[row] for row in rows)
    return LabelledFaces(people.vectors[rows], people.qualities[rows], tuple(people.person[rows].tolist()), files, 0)


def _choice(draws: list[Draw]) -> Table:
    rows = []
    for similarity in SIMILARITIES:
        found = [
            judge_clustering(
                one.faces, replace(SETTINGS, stranger_similarity=similarity), np.random.default_rng(one.seed)
            )
            for one in draws
        ]
        rows.append((similarity, *_spread([(one.precision, one.recall) for one in found])))
    return Table(f"By similarity, one half of the people: {len(draws)} draws of {FACES} faces", CHOICE, rows)


def _offline(draws: list[Draw]) -> tuple[Table, float]:
    rows = [
        (similarity, *_spread([_average_linkage(one.faces, similarity)[:2] for one in draws])) for similarity in OFFLINE
    ]
    best = max(rows, key=lambda row: min(row[1], row[3]))
    return Table("Average linkage of all at once, on the same draws", CHOICE, rows), best[0]


def _result(people: LabelledPeople) -> Table:
    rows = []
    for name, half, least, faces in _judged():
        found = [
            judge_clustering(one.faces, SETTINGS, np.random.default_rng(one.seed))
            for one in _draws(people, half, least, faces)
        ]
        spread = _spread([(one.precision, one.recall) for one in found])
        means = [
            np.mean([getattr(one, key) for one in found]) for key in ("faces", "people", "clusters", "ids_changed")
        ]
        whole = [round(float(mean)) for mean in means]
        rows.append((name, *whole[:2], *spread, *whole[2:]))
    return Table(f"Arriving one by one, from {SETTINGS.stranger_similarity} on", RESULT, rows)


def _result_offline(people: LabelledPeople, similarity: float) -> Table:
    rows = []
    for name, half, least, faces in _judged():
        if faces == FACES:
            found = [_average_linkage(one.faces, similarity) for one in _draws(people, half, least)]
            rows.append((name, *_spread([one[:2] for one in found]), round(float(np.mean([one[2] for one in found])))))
    columns = ("people", "precision", "least", "recall", "least recall", "clusters")
    return Table(f"Average linkage of all at once, from {similarity} on", columns, rows)


def _judged() -> list[tuple[str, int | None, int, int]]:
    with_pictures = {1: "everybody", 2: "with 2 pictures or more", 4: "with 4 pictures or more"}
    halves = {"other half": HALVES["judged on"], "all": None}
    few = [
        (f"{half}, {who}", number, least, FACES)
        for half, number in halves.items()
        for least, who in with_pictures.items()
    ]
    return [*few, ("all, every picture", None, 1, EVERY)]


def _average_linkage(faces: LabelledFaces, similarity: float) -> tuple[float, float, int]:
    upper = np.triu_indices(len(faces.people), 1)
    distances = np.clip(1 - faces.vectors @ faces.vectors.T, 0, 2)[upper]
    labels = fcluster(linkage(distances, "average"), 1 - similarity, "distance")
    return *pairwise_agreement([str(label) for label in labels], faces.people), len(set(labels.tolist()))


def _spread(pairs: list[tuple[float, float]]) -> tuple[float, float, float, float]:
    precision, recall = np.array(pairs).T
    return float(precision.mean()), float(precision.min()), float(recall.mean()), float(recall.min())


def _times() -> Table:
    """Of made faces: each person has four, as similar as those of people are."""
    generator, rows = np.random.default_rng(0), []
    centres = generator.normal(size=(5000, 512)).astype(np.float32)
    vectors = np.repeat(centres, 4, axis=0) + 0.8 * generator.normal(size=(20_000, 512)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    strangers = RememberedStrangers()
    clustering, met = StrangerClustering(strangers, SETTINGS), set()
    since = time.perf_counter()
    for at, row in enumerate(generator.permutation(len(vectors)).tolist(), start=1):
        if at in (1_901, 19_901):
            since = time.perf_counter()
        view = View(vectors[row], 1.0, is_good=True, reason="")
        met.add(joined := clustering.join_or_found(view.vector, 1.0, [view], frozenset(), ""))
        clustering.learn(joined, view, "")
        if at in (2_000, 20_000):
            rows.append((at, len({*map(strangers.now, met)}), (time.perf_counter() - since) * 10))
    return Table("Time of a face that arrives", ("after faces", "clusters", "ms"), rows)


if __name__ == "__main__":
    main()
