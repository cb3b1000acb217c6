"""The models that every camera shares: one per task."""

from dataclasses import dataclass

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
