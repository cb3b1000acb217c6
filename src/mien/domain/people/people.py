"""People of the gallery, the pictures that are kept of them, and the templates by which they are known."""

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import EmbeddingModel

PersonKind = Literal["enrolled", "stranger"]
Standing = Literal["active", "hidden", "ignored", "binned", "merged", "faded"]
"""*hidden*: known as ever, and left out of lists; *ignored*: a stranger of whom nobody wants to hear; *binned*: out of
the gallery until restored or purged; *merged*: the same person as another one, whose id stands for both; *faded*: a
stranger of whom nothing is kept but the id."""

PRESENT: frozenset[Standing] = frozenset({"active", "hidden", "ignored"})
"""Standings of people who are looked for, where they may be."""

PictureState = Literal["active", "set_aside", "binned"]
"""*set_aside*: kept, but not looked at, because others say the same; *binned*: to be purged unless restored."""

Variant = Literal["plain", "distant"]
"""*plain*: of the face as it is; *distant*: halfway to that of the same face seen small."""


def folded_name(name: str) -> str:
    """What all spellings of one name have in common: neither case nor how accents are encoded makes a difference."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody the gallery knows: enrolled under a name, or a stranger under an id of the form ``unknown-0007``.

    Ids are never reused, not even after a person is forgotten. A stranger's name is empty. ``uid`` is 32 hexadecimal
    digits that stay the same where the person is taken to another home; ``merged_into`` the id of whoever a merged one
    is, else empty. Whoever is enrolled may be identified (``may_identify``) only while they consent to it.
    ``revision`` grows with every change of the person, their pictures and consent, ``decided`` with what somebody did
    to these alone: not with being seen again, nor with upkeep. Both are 0 of who was never read.
    """

    person_id: str
    name: str
    kind: PersonKind
    created_at: datetime
    uid: str = ""
    standing: Standing = "active"
    standing_at: datetime | None = None
    merged_into: str = ""
    may_identify: bool = True
    revision: int = field(default=0, compare=False)
    decided: int = field(default=0, compare=False)

    @property
    def is_present(self) -> bool:
        """Whether faces are compared with this person."""
        return self.standing in PRESENT and self.may_identify


@dataclass(frozen=True, slots=True)
class Picture:
    """One view of a face that is kept for a person.

    ``origin`` says where it is from (a picture's file name, or ``camera:track``); ``crop`` names the stored 112×112
    picture, or is empty where none is kept; ``state_at`` is since when it is not active. Of one that
    ``is_vouched`` somebody said that it shows its person.
    """

    picture_id: int
    person_id: str
    quality: float
    origin: str
    crop: str
    created_at: datetime
    state: PictureState = "active"
    state_at: datetime | None = None
    is_vouched: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """One embedding of a picture: vector (d,) float32 of unit length, and its model."""

    template_id: int
    picture_id: int
    person_id: str
    vector: NDArray[np.float32]
    model: EmbeddingModel
    variant: Variant = "plain"
