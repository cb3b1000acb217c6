"""Wrong pictures in a gallery: 3 % planted among the people of LFW, View 1 train, and which are proposed for clean-up.

The similarity from which on pictures of a person show one face is chosen on one half of the people and judged on the
other, and on all. Planted are pictures of somebody else in the gallery, of people outside, of whoever in the gallery
resembles the person most, and of no face at all.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from benchmarks.parts.labelled_faces import HALVES, Floats, LabelledPeople, junk, labelled_people
from benchmarks.parts.report import Report, Table, measured
from numpy.typing import NDArray

from mien.gallery.curation.outliers import CleanupSettings, Doubt, KeptPictures, doubtful_pictures
from mien.gallery.matching.linkage import representative

SHARE = 0.03
DRAWS = 3
MOST = 10
"""Pictures that are kept of a person."""

LEAST = (1, 2, 3)
COHERENT = (0.15, 0.20, 0.25, 0.30, 0.35, 0.40)
FROM = ("the gallery", "outside", "whom it resembles most", "no face")
RESULT = ("people, pictures of each, wrong ones from", "people", "pictures", "planted", "proposed", "of the right ones")
REASONS = ("more like somebody else", "pictures disagree", "unlike the others")


@dataclass(frozen=True)
class Gallery:
    """Pictures under names: vectors (n, d), names, files, and which are wrong (n,)."""

    vectors: Floats
    names: Sequence[str]
    files: Sequence[str]
    is_wrong: NDArray[np.bool_]

    def doubts(self, settings: CleanupSettings) -> tuple[Doubt, ...]:
        ages_s = np.full(len(self.names), np.inf)
        return doubtful_pictures(KeptPictures(self.vectors, range(len(self.names)), self.names, ages_s), settings)

    def rates(self, settings: CleanupSettings) -> tuple[float, float]:
        """The shares that are proposed of the wrong pictures and of the right ones."""
        is_doubted = np.zeros(len(self.names), bool)
        is_doubted[[doubt.picture_id for doubt in self.doubts(settings)]] = True
        return float(is_doubted[self.is_wrong].mean()), float(is_doubted[~self.is_wrong].mean())


def main() -> None:
    """Print how the rule was chosen, what it proposes among other people, and what it thinks of LFW as it is."""
    report = Report("gallery_cleanup")
    with measured() as report.seconds:
        people, corners = labelled_people(), junk(400)
        cases = _cases(people, corners)
        report.tables += [_choice(people, corners), _result(cases), _reasons(cases), _as_it_is(people)]
    report.publish()


def _kept(people: LabelledPeople, half: int | None, least: int, generator: np.random.Generator) -> Gallery:
    """A gallery without mistakes but those of LFW: at most so many pictures of each person."""
    own = people.rows_of(half, least)
    rows = np.concatenate([generator.permutation(own[name])[:MOST] for name in sorted(own)])
    files = [people.files[row] for row in rows]
    return Gallery(people.vectors[rows], people.person[rows].tolist(), files, np.zeros(len(rows), bool))


def _moved(gallery: Gallery, to_lookalikes: bool, generator: np.random.Generator) -> Gallery:
    """Pictures under the name of another person of the gallery: of anyone, or of whoever resembles them most."""
    everybody = sorted(set(gallery.names))
    names = np.array(gallery.names)
    standing = np.stack([representative(gallery.vectors[names == name]) for name in everybody])
    moved = generator.permutation(len(names))[: round(SHARE * len(names))]
    new = names.copy()
    for row in moved:
        similarity = standing @ gallery.vectors[row] if to_lookalikes else generator.random(len(everybody))
        similarity[everybody.index(names[row])] = -np.inf
        new[row] = everybody[int(similarity.argmax())]
    return Gallery(gallery.vectors, new.tolist(), gallery.files, np.isin(np.arange(len(names)), moved))


def _added(gallery: Gallery, vectors: Floats, generator: np.random.Generator) -> Gallery:
    """Pictures from elsewhere under names of the gallery."""
    count = min(round(SHARE * len(gallery.names)), len(vectors))
    chosen = vectors[generator.permutation(len(vectors))[:count]]
    names = generator.choice(sorted(set(gallery.names)), count).tolist()
    return Gallery(
        np.concatenate([gallery.vectors, chosen]),
        [*gallery.names, *names],
        [*gallery.files, *["planted"] * count],
        np.append(gallery.is_wrong, np.ones(count, bool)),
    )


def _planted(people: LabelledPeople, half: int | None, least: int, source: str, corners: Floats) -> list[Gallery]:
    """Galleries drawn by chance with wrong pictures; none where nobody is outside."""
    outside = people.vectors[~np.isin(people.person, list(people.rows_of(half, least)))]
    found = []
    for seed in range(DRAWS):
        generator = np.random.default_rng(seed)
        gallery = _kept(people, half, least, generator)
        if source in ("the gallery", "whom it resembles most"):
            found.append(_moved(gallery, source != "the gallery", generator))
        elif len(added := corners if source == "no face" else outside):
            found.append(_added(gallery, added, generator))
    return found


def _choice(people: LabelledPeople, corners: Floats) -> Table:
    half, rows = HALVES["chosen on"], []
    for similarity in COHERENT:
        settings = CleanupSettings(coherent=similarity)
        cells: list[float] = []
        for source in FROM:
            galleries = _planted(people, half, 2, source, corners)
            cells += np.mean([gallery.rates(settings) for gallery in galleries], axis=0).tolist()
        rows.append((similarity, *cells))
    columns = ("coherent from", *(f"{what}, {source}" for source in FROM for what in ("proposed", "right ones")))
    return Table("Chosen on one half of the people, 2 pictures or more of each", columns, rows)


def _cases(people: LabelledPeople, corners: Floats) -> list[tuple[str, list[Gallery]]]:
    """Every kind of gallery that is judged."""
    return [
        (f"{who}, {least} or more, {source}", galleries)
        for who, half in (("other half", HALVES["judged on"]), ("all", None))
        for least in LEAST
        for source in FROM
        if (galleries := _planted(people, half, least, source, corners))
    ]


def _result(cases: Sequence[tuple[str, list[Gallery]]]) -> Table:
    rows = []
    for name, galleries in cases:
        rates = np.mean([gallery.rates(CleanupSettings()) for gallery in galleries], axis=0).tolist()
        first = galleries[0]
        rows.append((name, len(set(first.names)), len(first.names), int(first.is_wrong.sum()), *rates))
    return Table(f"{SHARE:.0%} wrong pictures planted", RESULT, rows)


def _reasons(cases: Sequence[tuple[str, list[Gallery]]]) -> Table:
    """Proposals by reason, all draws together."""
    rows = []
    for name, galleries in cases:
        counts: Counter[tuple[str, bool]] = Counter()
        for gallery in galleries:
            doubts = gallery.doubts(CleanupSettings())
            counts.update((doubt.reason, bool(gallery.is_wrong[doubt.picture_id])) for doubt in doubts)
        rows.append((name, *(f"{counts[reason, True]} + {counts[reason, False]}" for reason in REASONS)))
    return Table("Proposals by reason: wrong + right ones", (RESULT[0], *REASONS), rows)


def _as_it_is(people: LabelledPeople) -> Table:
    """What is doubted of LFW itself: errors of its labels among them."""
    everybody = np.arange(len(people.files))
    gallery = Gallery(people.vectors, people.person.tolist(), people.files, everybody < 0)
    rows = [
        (
            people.files[doubt.picture_id],
            doubt.reason,
            "" if doubt.own is None else doubt.own,
            doubt.other_id,
            doubt.other,
        )
        for doubt in gallery.doubts(CleanupSettings())
    ]
    return Table("Doubted of LFW as it is", ("picture", "reason", "own", "resembles", "similarity"), rows)


if __name__ == "__main__":
    main()
