"""The columns of the tables, which are a contract: later ones are appended, none is renamed or moved."""

from collections.abc import Mapping
from types import MappingProxyType

import pyarrow as pa

_LIVENESS: tuple[tuple[str, pa.DataType], ...] = (
    ("liveness", pa.string()),
    ("liveness_score", pa.float32()),
    ("liveness_reason", pa.string()),
)
_BEFORE_LABELS: tuple[tuple[str, pa.DataType], ...] = (
    ("source", pa.string()),
    ("frame", pa.int64()),
    ("time_s", pa.float64()),
    ("track_id", pa.int64()),
    ("x1", pa.float32()),
    ("y1", pa.float32()),
    ("x2", pa.float32()),
    ("y2", pa.float32()),
    ("detection_score", pa.float32()),
    ("identity", pa.string()),
    ("person_id", pa.string()),
    ("person_name", pa.string()),
    ("similarity", pa.float32()),
    ("margin", pa.float32()),
    ("emotion", pa.string()),
    ("confidence", pa.float32()),
)
_AFTER_LABELS: tuple[tuple[str, pa.DataType], ...] = (
    ("emotion_smoothed", pa.string()),
    ("quality", pa.float32()),
    ("quality_reason", pa.string()),
    ("identity_source", pa.string()),
    ("emotion_source", pa.string()),
    ("detection_source", pa.string()),
    ("valence", pa.float32()),
    ("arousal", pa.float32()),
    ("quadrant", pa.string()),
    ("valence_arousal_source", pa.string()),
    *_LIVENESS,
    ("yaw", pa.float32()),
    ("pitch", pa.float32()),
    ("roll", pa.float32()),
)
_AFFECT: tuple[tuple[str, pa.DataType], ...] = (
    ("mean_valence", pa.float32()),
    ("mean_arousal", pa.float32()),
    ("quadrant", pa.string()),
    ("valence_arousal_source", pa.string()),
)
IDENTITY_COLUMNS = ("identity", "person_id", "person_name", "similarity", "margin")
"""What the decision about a track overwrites in all its rows."""

PROBABILITY = "_prob"
"""How the names of the columns end that hold the probability of a label."""

EXPRESSION_COLUMNS: Mapping[str, str | None] = MappingProxyType(
    {
        "emotion": "",
        "confidence": None,
        "emotion_smoothed": "",
        "emotion_source": "carried",
        "valence": None,
        "arousal": None,
        "quadrant": "",
        "valence_arousal_source": "",
    }
)
"""The other columns that tell of an expression, and what they hold where none was read."""

EMOTION_COLUMNS: tuple[str, ...] = (
    "timestamp",
    "person_id",
    "detected_emotion",
    "confidence",
    "happy_prob",
    "surprise_prob",
    "sad_prob",
    "anger_prob",
    "disgust_prob",
    "fear_prob",
    "neutral_prob",
)
"""``emotion_results.csv``: the seven classic expressions under the names many scripts already read."""

EMOTION_PROBABILITIES: dict[str, str] = {
    "happy_prob": "happiness",
    "surprise_prob": "surprise",
    "sad_prob": "sadness",
    "anger_prob": "anger",
    "disgust_prob": "disgust",
    "fear_prob": "fear",
    "neutral_prob": "neutral",
}
"""The expression of each probability of ``emotion_results.csv``."""

# decimals that a table for people shows: a tenth of a millisecond, a hundredth of a pixel
_DECIMALS = {"x1": 2, "y1": 2, "x2": 2, "y2": 2, "first_s": 4, "last_s": 4, "time_s": 4}
_OTHER_DECIMALS = 4
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def readings_schema(labels: tuple[str, ...]) -> pa.Schema:
    """One row per face per analysed frame; ``<label>_prob`` for every label of the model, in its order."""
    probabilities = tuple((f"{label}_prob", pa.float32()) for label in labels)
    return pa.schema([pa.field(*column) for column in (*_BEFORE_LABELS, *probabilities, *_AFTER_LABELS)])


def history_schema(labels: tuple[str, ...]) -> pa.Schema:
    """The columns of readings and behind them ``at``: when the frame was there, ISO 8601 in UTC with milliseconds."""
    return readings_schema(labels).append(pa.field("at", pa.string()))


def events_schema() -> pa.Schema:
    """One row per event; a kind of event fills the columns it has, ``probabilities`` with an object of JSON."""
    return pa.schema(
        [
            ("event_id", pa.string()),
            ("kind", pa.string()),
            ("at", pa.string()),
            ("camera", pa.string()),
            ("track_id", pa.int64()),
            ("person_id", pa.string()),
            ("person_name", pa.string()),
            ("similarity", pa.float32()),
            ("liveness_score", pa.float32()),
            ("reason", pa.string()),
            ("outage_s", pa.float64()),
            ("from_expression", pa.string()),
            ("to_expression", pa.string()),
            ("held_s", pa.float64()),
            ("stood_s", pa.float64()),
            ("earlier_looks", pa.int64()),
            ("looks", pa.int64()),
            ("probabilities", pa.string()),
        ]
    )


def tracks_schema(labels: tuple[str, ...]) -> pa.Schema:
    """One row per track; ``<label>_share`` is the part of its frames with an expression that show that one."""
    return pa.schema(
        [
            ("source", pa.string()),
            ("track_id", pa.int64()),
            ("first_s", pa.float64()),
            ("last_s", pa.float64()),
            ("frames", pa.int64()),
            ("identity", pa.string()),
            ("person_id", pa.string()),
            ("person_name", pa.string()),
            ("similarity", pa.float32()),
            *((f"{label}_share", pa.float32()) for label in labels),
            ("dominant_emotion", pa.string()),
            ("best_quality", pa.float32()),
            ("best_frame", pa.int64()),
            *_AFFECT,
            ("continues", pa.int64()),
            *_LIVENESS,
        ]
    )


def people_schema(labels: tuple[str, ...]) -> pa.Schema:
    """One row per person; ``sources`` and ``tracks`` are counts, ``<label>_share`` as in ``tracks.csv``."""
    return pa.schema(
        [
            ("person_id", pa.string()),
            ("person_name", pa.string()),
            ("identity", pa.string()),
            ("sources", pa.int64()),
            ("tracks", pa.int64()),
            ("frames", pa.int64()),
            ("first_s", pa.float64()),
            ("last_s", pa.float64()),
            *((f"{label}_share", pa.float32()) for label in labels),
            ("dominant_emotion", pa.string()),
            ("best_quality", pa.float32()),
            *_AFFECT,
            *_LIVENESS,
        ]
    )


def emotion_schema() -> pa.Schema:
    """The columns of ``emotion_results.csv``."""
    texts = {"timestamp", "person_id", "detected_emotion"}
    return pa.schema([(name, pa.string() if name in texts else pa.float32()) for name in EMOTION_COLUMNS])


def decimals(column: str) -> int:
    """Digits after the point that a CSV file shows of a column of floats."""
    return _DECIMALS.get(column, _OTHER_DECIMALS)


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: text that could start one gets a leading apostrophe."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
