"""Who is it, among those enrolled, or nobody of them? Open-set rates of one-to-many search."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import EnrolmentRefused, SourceNotFound, UsageError
from mien.domain.faces import EmbeddingModel, Quality, Recognition
from mien.domain.identity import Match
from mien.domain.people.people import Person
from mien.evaluation.faces import Progress, most_prominent, no_progress
from mien.gallery.enrolment.sight import Portrait, Sight
from mien.gallery.matching.crowd import Crowd
from mien.gallery.matching.identify import identify
from mien.gallery.matching.thresholds import MatchingSettings
from mien.sources.opening import PICTURE_SUFFIXES
from mien.vision.alignment import cut
from mien.vision.quality.embedded import embedded_quality

Rows = NDArray[np.float32]

MOST_PROBES = 10
"""Of a person: few people with hundreds of pictures would outweigh all others."""

FPIR = 0.01

_BOTTOMLESS = -2.0  # a threshold that every cosine reaches


@dataclass(frozen=True, slots=True)
class Search:
    """The best answer to each of n probes: its similarity, its lead over the second person, and whether it is right."""

    best: Rows
    margin: Rows
    is_right: NDArray[np.bool_]


def search(similarities: Rows, person_of_template: NDArray[np.int64], person_of_probe: NDArray[np.int64]) -> Search:
    """The best person for each probe by similarities (probes, templates); of a person the best template counts."""
    people = np.unique(person_of_template)
    per_person = np.stack([similarities[:, person_of_template == person].max(axis=1) for person in people], axis=1)
    ranked = np.sort(per_person, axis=1)
    margin = ranked[:, -1] - ranked[:, -2] if len(people) > 1 else ranked[:, -1]
    return Search(ranked[:, -1], margin, people[per_person.argmax(axis=1)] == person_of_probe)


def identification_rate(enrolled: Search, threshold: float, min_margin: float = 0.0) -> float:
    """The share of enrolled probes that are named, and rightly so (the detection and identification rate, DIR)."""
    return float((enrolled.is_right & _is_named(enrolled, threshold, min_margin)).mean())


def misnaming_rate(enrolled: Search, threshold: float, min_margin: float = 0.0) -> float:
    """The share of enrolled probes that get another person's name."""
    return float((~enrolled.is_right & _is_named(enrolled, threshold, min_margin)).mean())


def false_positive_rate(strangers: Search, threshold: float, min_margin: float = 0.0) -> float:
    """The share of probes of strangers that get a name (the false positive identification rate, FPIR)."""
    return float(_is_named(strangers, threshold, min_margin).mean())


def threshold_at_fpir(strangers: Search, rate: float) -> float:
    """The least similarity at which at most a share ``rate`` of the strangers is given a name."""
    allowed = min(int(rate * len(strangers.best)), len(strangers.best) - 1)
    return float(np.nextafter(np.sort(strangers.best)[::-1][allowed], np.float32(np.inf)))


@dataclass(frozen=True, slots=True)
class AsSet:
    """The shares, at the thresholds of the settings, of probes named rightly and wrongly, and of strangers named."""

    tpir: float
    misnamed: float
    fpir: float


@dataclass(frozen=True, slots=True)
class Identification:
    """What pictures of people and strangers say of enrolling and naming.

    ``tpir_at_fpir_1e2`` is the share of probes that get the right name where one stranger in a hundred gets any, and
    ``threshold`` the similarity that is asked of a clear face then; ``rank1`` the share whose nearest person is the
    right one. Pictures that enrolment ``refused`` are probes, and a face that is not found is not named.
    """

    tpir_at_fpir_1e2: float
    rank1: float
    people: int
    probes: int
    strangers: int
    threshold: float
    as_set: AsSet
    refused: int
    without_face: int

    def as_json(self) -> dict[str, float | int | dict[str, float]]:
        """The fields under their public names."""
        return {
            "tpir_at_fpir_0.01": self.tpir_at_fpir_1e2,
            "rank1": self.rank1,
            "people": self.people,
            "probes": self.probes,
            "strangers": self.strangers,
            "threshold": self.threshold,
            "as_set": {"tpir": self.as_set.tpir, "misnamed": self.as_set.misnamed, "fpir": self.as_set.fpir},
            "refused": self.refused,
            "without_face": self.without_face,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Glance:
    """The face that a picture of a person is about, embedded and judged, or none where no face was found."""

    person_id: str
    face: tuple[Recognition, Quality] | None


@dataclass(frozen=True, slots=True, eq=False)
class LineUp:
    """Everybody by person id: portraits to enrol, glances at the same people and at strangers, and pictures refused."""

    portraits: Mapping[str, Sequence[Portrait]]
    probes: Sequence[Glance]
    strangers: Sequence[Glance]
    refused: int


@dataclass(frozen=True, slots=True, eq=False)
class _Admitted:
    portraits: tuple[Portrait, ...]
    left: tuple[Path, ...]
    refused: int


def evaluate_identification(
    folder: Path, sight: Sight, settings: MatchingSettings, enrol: int = 3, progress: Progress = no_progress
) -> Identification:
    """Enrol, name and judge the people of ``folder/person/picture`` as the product does; raises as look_at does."""
    return judge_identification(look_at(folder, sight, enrol, progress), sight.recogniser.model, settings)


def look_at(folder: Path, sight: Sight, enrol: int = 3, progress: Progress = no_progress) -> LineUp:
    """The people of ``folder/person/picture``, who are named after their folders.

    People with more than ``enrol`` pictures are enrolled with so many, the first by name that are good enough; of their
    others up to MOST_PROBES are probes. People with one picture are strangers. Raises UsageError where there are no
    people or no strangers, SourceError where a picture cannot be read.
    """
    pictures = _pictures_of_people(folder)
    people = {person: paths for person, paths in pictures.items() if len(paths) > enrol}
    strangers = [(person, paths[0]) for person, paths in pictures.items() if len(paths) == 1]
    if not people or not strangers:
        raise UsageError(
            f"expected are people with more than {enrol} pictures and strangers with one; {folder} holds "
            f"{len(people)} and {len(strangers)}"
        )
    with ThreadPoolExecutor(2) as pool:
        admitted: list[_Admitted] = []
        for taken in pool.map(lambda paths: _admitted(paths, sight, enrol), people.values()):
            admitted.append(taken)
            progress(len(admitted), 2 * len(people) + len(strangers))  # of probes there is at least one a person
        probes = [(person, path) for person, taken in zip(people, admitted, strict=True) for path in taken.left]
        glances: list[Glance] = []
        for glance in pool.map(lambda one: _glance(sight, *one), probes + strangers):
            glances.append(glance)
            progress(len(people) + len(glances), len(people) + len(probes) + len(strangers))
    return LineUp(
        {person: taken.portraits for person, taken in zip(people, admitted, strict=True)},
        glances[: len(probes)],
        glances[len(probes) :],
        sum(taken.refused for taken in admitted),
    )


def judge_identification(line_up: LineUp, model: EmbeddingModel, settings: MatchingSettings) -> Identification:
    """Enrol and judge who was looked at."""
    crowd = _crowd(line_up.portraits, model)
    probes, strangers = (_answers(crowd, glances, settings) for glances in (line_up.probes, line_up.strangers))
    threshold = threshold_at_fpir(strangers, FPIR)
    return Identification(
        identification_rate(probes, threshold),
        float(probes.is_right.mean()),
        len(line_up.portraits),
        len(line_up.probes),
        len(line_up.strangers),
        float(np.clip(threshold + crowd.known_above(settings), -1, 1)),
        AsSet(identification_rate(probes, 0), misnaming_rate(probes, 0), false_positive_rate(strangers, 0)),
        line_up.refused,
        sum(glance.face is None for glance in (*line_up.probes, *line_up.strangers)),
    )


def _crowd(portraits: Mapping[str, Sequence[Portrait]], model: EmbeddingModel) -> Crowd:
    """A gallery in memory of the people who have portraits."""
    at = datetime.now(UTC)
    people = [Person(person_id, "", "enrolled", at) for person_id, own in portraits.items() if own]
    rows = [
        (vector, portrait.quality, place)
        for place, person in enumerate(people)
        for portrait in portraits[person.person_id]
        for vector in (portrait.vector, portrait.distant)
    ]
    if not rows:
        return Crowd.empty(model)
    vectors, qualities, owners = zip(*rows, strict=True)
    weights = np.array(qualities, np.float32) ** 2
    return Crowd.of_templates(np.stack(vectors), weights, np.array(owners, np.int32), people, model)


def _is_named(answers: Search, threshold: float, min_margin: float) -> NDArray[np.bool_]:
    return (answers.best >= threshold) & (answers.margin >= min_margin)


def _answers(crowd: Crowd, glances: Sequence[Glance], settings: MatchingSettings) -> Search:
    """The product's answers where its threshold is bottomless: what is left to choose is how much to ask for.

    ``best`` is the similarity less the threshold for a face of that quality; minus infinity of what is never named.
    """
    bottomless = replace(settings, known_similarity=_BOTTOMLESS, min_margin=0.0)
    best, margins = np.full(len(glances), -np.inf, np.float32), np.zeros(len(glances), np.float32)
    is_right = np.zeros(len(glances), np.bool_)
    for row, glance in enumerate(glances):
        if glance.face is None:
            continue
        recognition, quality = glance.face
        (answer,) = identify(crowd, recognition, quality, bottomless)
        if not isinstance(answer, Match):
            continue
        is_right[row] = answer.person_id == glance.person_id
        margins[row] = answer.margin
        if answer.margin >= settings.min_margin:
            best[row] = answer.similarity - crowd.known_above(settings, float(quality.scores[0]))
    return Search(best, margins, is_right)


def _pictures_of_people(folder: Path) -> dict[str, list[Path]]:
    """The pictures of ``folder/person/picture`` by person, both by name."""
    if not folder.is_dir():
        raise SourceNotFound(f"{folder} is no folder")
    people = [entry for entry in sorted(folder.iterdir()) if entry.is_dir() and not entry.name.startswith(".")]
    return {
        person.name: [path for path in sorted(person.rglob("*")) if path.suffix.lower() in PICTURE_SUFFIXES]
        for person in people
    }


def _admitted(paths: Iterable[Path], sight: Sight, enrol: int) -> _Admitted:
    """The first pictures that enrolment takes, so many at most, and all others of a person."""
    portraits: list[Portrait] = []
    left: list[Path] = []
    refused = 0
    for path in paths:
        if len(portraits) == enrol:
            left.append(path)
            continue
        try:
            portraits.append(sight.portrait(sight.open_picture(path)))
        except EnrolmentRefused:
            refused += 1
            left.append(path)
    return _Admitted(tuple(portraits), tuple(left[:MOST_PROBES]), refused)


def _glance(sight: Sight, person_id: str, path: Path) -> Glance:
    pixels = sight.open_picture(path)
    faces = sight.detector.detect(pixels)
    face = sight.detector.refine(pixels, faces.select(most_prominent(faces, pixels.width, pixels.height)))
    if not len(face):
        return Glance(person_id, None)
    recognition = sight.recogniser.recognise(cut(pixels, face, sight.recogniser.crop))
    return Glance(person_id, (recognition, embedded_quality(sight.assessor.assess(pixels, face), recognition)))
