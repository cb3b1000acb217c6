"""A reading of a face, from which tests make those that they are about."""

from mien.domain.readings import FaceReading

ANN = FaceReading(
    track_id=3,
    box=(0.0, 0.0, 9.0, 9.0),
    landmarks=(),
    detection_score=0.9,
    detection_source="measured",
    identity="known",
    person_id="person-0001",
    person_name="Ann",
    similarity=0.5,
    margin=0.5,
    emotion="",
    confidence=0.0,
    emotion_labels=(),
    probabilities=(),
    emotion_smoothed="",
    quality=0.5,
    quality_reason="",
    identity_source="measured",
    emotion_source="measured",
)
