"""Whether two pictures show one person."""

from dataclasses import dataclass

from mien.domain.errors import SourceUnreadable
from mien.domain.faces import Detections
from mien.domain.frame import Pixels
from mien.gallery.deciding.pair import FacesSeen, Verdict, likest
from mien.gallery.matching.thresholds import MatchingSettings
from mien.inference.model_card import ModelCard
from mien.pipeline.tasks import Tasks
from mien.settings import Settings
from mien.settings.borrowing import owner_of_thresholds
from mien.vision.alignment import cut
from mien.vision.quality.embedded import embedded_quality

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came out of comparing two pictures by their two faces that resemble most.

    ``verdict`` is *same*, *different*, or *undecided* where a face is too poor to be told from somebody else's:
    ``limits`` say of either what is wrong with it then. ``similarity`` and ``threshold`` are cosines of ``model``;
    ``boxes`` x1 y1 x2 y2 px of either picture.
    """

    verdict: Verdict
    similarity: float
    threshold: float
    boxes: tuple[Box, Box]
    limits: tuple[str, str]
    model: str

    @property
    def is_same(self) -> bool:
        """Whether both are one person; false where that cannot be judged."""
        return self.verdict == "same"


@dataclass(frozen=True, slots=True)
class LookedAt:
    """The faces of a picture: where they are, and as the recogniser sees them."""

    pixels: Pixels
    faces: Detections
    seen: FacesSeen

    def box(self, place: int) -> Box:
        """Where one of them is."""
        x1, y1, x2, y2 = self.faces.boxes[place].tolist()
        return x1, y1, x2, y2


def look_at(name: str, pixels: Pixels, tasks: Tasks) -> LookedAt:
    """The faces of a picture of a name as the recogniser sees them; raises SourceUnreadable where there is none."""
    faces = tasks.detector.detect(pixels)
    if not len(faces):
        raise SourceUnreadable(f"{name}: no face was found")
    sharp = tasks.detector.refine(pixels, faces)
    recognition = tasks.recogniser.recognise(cut(pixels, sharp, tasks.recogniser.crop))
    quality = embedded_quality(tasks.assessor.assess(pixels, faces), recognition)
    return LookedAt(pixels, faces, FacesSeen(recognition, quality))


def threshold_of(card: ModelCard, settings: Settings) -> tuple[float, str]:
    """From which similarity on two faces are one person, and whose threshold that is: the user's own goes first."""
    known = settings.matching.known_similarity
    if known != card.settings.get("matching.known_similarity", MatchingSettings().known_similarity):
        return known, "settings"
    return card.thresholds.get("same_person", known), owner_of_thresholds(card)


def compared(first: LookedAt, second: LookedAt, same_above: float, settings: MatchingSettings) -> Comparison:
    """Compare two pictures; ``same_above`` is the similarity from which on two faces are one person's."""
    pair = likest(first.seen, second.seen, same_above, settings)
    boxes = first.box(pair.places[0]), second.box(pair.places[1])
    model = str(first.seen.recognition.embeddings.model)
    return Comparison(pair.verdict, pair.similarity, pair.threshold, boxes, pair.limits, model)
