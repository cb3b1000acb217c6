"""One labelled picture as a dataset gives it, before its words become labels."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

Split = Literal["train", "val", "test", ""]
"""What a picture is for; empty where the dataset does not say."""

SPLIT_WORDS: dict[str, Split] = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "publictest": "val",
    "test": "test",
    "testing": "test",
    "privatetest": "test",
}
"""How datasets call their parts; FER-2013's PublicTest is for choosing, its PrivateTest for judging."""


Box = tuple[float, float, float, float]
"""A face in a picture: x1 y1 x2 y2, px."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture, encoded or by its path, and what was said of it.

    ``word`` is its label as the dataset writes it, empty where there is none. ``votes`` are how many annotators said
    which word, ``undecided`` how many of them none that tells an expression; empty and 0 where nobody voted. Valence
    and arousal in [-1, 1] are NaN where they are missing. ``group`` names the group of people it belongs to,
    ``person`` whoever it shows, which is asked for nothing but whether two pictures show the same one. ``box`` is where
    the face lies that is meant, ``where`` where all of it is said. ``number`` is what the dataset writes for the word
    where it is a number of which it does not say what it means.
    """

    picture: Path | bytes
    where: str
    word: str = ""
    votes: Mapping[str, int] = field(default_factory=dict)
    undecided: int = 0
    split: Split = ""
    valence: float = math.nan
    arousal: float = math.nan
    group: str = ""
    person: str = ""
    box: Box | None = None
    number: str = ""


class Format(Protocol):
    """A layout of a dataset."""

    def samples(self) -> Iterator[Sample]:
        """Every labelled picture; raises SourceError where the layout is not kept."""
        ...
