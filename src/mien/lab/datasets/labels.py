"""Which words of a dataset become which labels: ready-made sets of five to eight expressions, or one's own."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from mien.domain.emotions import EMOTION_LABELS, LABELS_EXPECTED, are_labels, expression_of
from mien.domain.errors import SourceNotFound, UsageError

NO_LABEL = -1
"""The number of what has no label in a set."""

_SETS: Mapping[str, tuple[str, ...]] = {
    "8": EMOTION_LABELS,
    "7": EMOTION_LABELS[:7],
    "6": ("neutral", "happiness", "surprise", "sadness", "anger", "fear"),
    "5": ("neutral", "happiness", "surprise", "sadness", "anger"),
    "5-tired": ("neutral", "happiness", "sadness", "anger", "tired"),
}
"""By how many labels there are; one knows tired people. What is not in a set is left out: it becomes no other label."""


@dataclass(frozen=True, slots=True)
class LabelSet:
    """Labels in their order, and what each word means, the labels themselves included.

    Words are in small letters; all that tell an expression are one, that expression.
    """

    labels: tuple[str, ...]
    words: Mapping[str, str]

    def number(self, word: str) -> int:
        """The place of the label that a word means, or NO_LABEL."""
        label = self.words.get(_plain(word))
        return self.labels.index(label) if label else NO_LABEL


def label_set(wanted: str, found: tuple[str, ...] = ()) -> LabelSet:
    """A ready-made set by its name, the number of its classes; ``own``, of the words ``found``; or of a TOML file.

    Such a file has a table ``labels`` of each label, in order, and the words that mean it:
    ``tired = ["sleepy", "drowsy"]``. Labels are in small letters. Raises UsageError, SourceNotFound.
    """
    if wanted in _SETS:
        return _checked(_SETS[wanted], {})
    if wanted == "own":
        if not any(word.strip() for word in found):
            raise UsageError("no picture has a label")
        meant = {_plain(word) for word in found if word.strip()}
        known = [label for label in EMOTION_LABELS if label in meant]
        return _checked([*known, *sorted(meant - set(known))], {})
    return _from_file(Path(wanted))


def told_misspelt(labels: Sequence[str]) -> tuple[str, ...]:
    """A sentence on labels of one's own that are written much like an expression which is not among them."""
    missing = [label for label in EMOTION_LABELS if label not in labels]
    meant = {label: get_close_matches(label, missing, n=1) for label in labels if label not in EMOTION_LABELS}
    return tuple(
        f"{label} is taken for a label of its own: did you mean {near[0]}?" for label, near in meant.items() if near
    )


def _plain(word: str) -> str:
    """A word in small letters, or the expression that it tells."""
    return expression_of(word.strip().lower())


def _from_file(path: Path) -> LabelSet:
    if path.suffix != ".toml":
        raise UsageError(f"expected {', '.join(sorted(_SETS))}, own or a TOML file of labels, got {str(path)!r}")
    try:
        listed = tomllib.loads(path.read_text(encoding="utf-8")).get("labels")
    except FileNotFoundError:
        raise SourceNotFound(f"{path} does not exist") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read as TOML: {error}") from error
    tables = listed.values() if isinstance(listed, dict) else [None]
    if not listed or not all(
        isinstance(words, list) and all(isinstance(word, str) and word.strip() for word in words) for words in tables
    ):
        raise UsageError(f'{path}: expected a table [labels] with lines such as tired = ["sleepy", "drowsy"]')
    assert isinstance(listed, dict)
    meant: dict[str, str] = {}
    for name, words in listed.items():
        label = _plain(name)
        for word in (name, *words):
            if (other := meant.setdefault(_plain(word), label)) != label:
                raise UsageError(f"{path}: {word!r} cannot mean both {other} and {label}")
    return _checked([_plain(name) for name in listed], meant)


def _checked(labels: Sequence[str], words: Mapping[str, str]) -> LabelSet:
    if len(labels) == 1:
        raise UsageError(f"there is only one label, {labels[0]!r}: a network tells two or more apart")
    if not are_labels(labels):
        raise UsageError(f"{', '.join(map(repr, labels))} makes no set of labels; {LABELS_EXPECTED}")
    return LabelSet(tuple(labels), {**{label: label for label in labels}, **words})
