"""The models that every camera shares: one per task."""

from dataclasses import dataclass

from mien.domain.faces import AnyCropSpec, EmbeddingModel, FaceCrops, Recognition
from mien.pipeline.permissions import NOBODY_ASKED, ExpressionPermission
from mien.vision.detection.detector import Detector
from mien.vision.emotion.classifier import EmotionClassifier
from mien.vision.liveness.liveness import LivenessJudge
from mien.vision.pose.head_pose import PoseEstimator
from mien.vision.quality.assessor import QualityAssessor
from mien.vision.recognition.recogniser import Recogniser


@dataclass(frozen=True, slots=True)
class Tasks:
    """One model per task, of the optional ones perhaps none; all of them are safe to use from several threads.

    ``permission`` says whose expressions the classifier may read.
    """

    detector: Detector
    recogniser: Recogniser
    classifier: EmotionClassifier | None
    assessor: QualityAssessor
    liveness: LivenessJudge | None = None
    pose: PoseEstimator | None = None
    permission: ExpressionPermission = NOBODY_ASKED
    unread: tuple[str, ...] = ()
    """The labels of expressions, where nothing reads them: tables keep their columns."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of expressions, whether or not they are read."""
        return self.classifier.labels if self.classifier else self.unread


class Remembering:
    """A recogniser that remembers what it told last. For one thread at a time."""

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser
        self._last: Recognition | None = None

    @property
    def last(self) -> Recognition:
        """Of the faces that were looked at last; raises LookupError before the first ones."""
        if self._last is None:
            raise LookupError("no face was looked at yet")
        return self._last

    @property
    def crop(self) -> AnyCropSpec:
        return self._recogniser.crop

    @property
    def model(self) -> EmbeddingModel:
        return self._recogniser.model

    def recognise(self, crops: FaceCrops) -> Recognition:
        self._last = self._recogniser.recognise(crops)
        return self._last
