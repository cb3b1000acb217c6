"""What finds faces: the protocol every detector fulfils, and its settings."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from mien.inference.session import ChosenPrecision

if TYPE_CHECKING:
    from mien.domain.faces import Detections
    from mien.domain.frame import Pixels

LandmarkOrigin = Literal["measured", "approximate"]


@dataclass(frozen=True, slots=True)
class DetectionSettings:
    """What counts as a face.

    ``model`` names a card of the catalogue. ``min_score`` in [0, 1]; ``min_face_px`` is the shorter side of the box
    in px of the source picture. ``long_side_px`` is the longer side of the copy that the network sees: larger finds
    smaller faces and costs in proportion to its square; a network of one size sees at most as much as that holds.
    ``landmarks`` of a network that sees none are *measured* by the face mesh, or *approximate*: where they lie in the
    average box, without the face mesh.
    """

    model: str = "yunet"
    min_score: float = 0.6
    min_face_px: int = 16
    long_side_px: int = 960
    landmarks: LandmarkOrigin = "measured"
    precision: ChosenPrecision = "auto"


class Detector(Protocol):
    """Finds faces in a picture. Safe to call from several threads at once."""

    @property
    def model(self) -> str:
        """Name of the model's card."""
        ...

    @property
    def landmarks(self) -> LandmarkOrigin:
        """Whether landmarks are seen by the network or lie where they do in the average box, however a head turns."""
        ...

    def detect(self, pixels: "Pixels") -> "Detections":
        """All faces of a picture, best score first, boxes and landmarks in px of the picture.

        Boxes may reach over the edge of the picture, where the face does.
        """
        ...

    def prepare(self, width: int, height: int) -> None:
        """Load what pictures of a size need, so that the first of them does not wait for it."""
        ...

    def refine(self, pixels: "Pixels", detections: "Detections") -> "Detections":
        """The same faces with landmarks measured anew, on a close, upright cut of each; for faces about to be aligned.

        Where a face is not found again, its landmarks stay as they are.
        """
        ...
