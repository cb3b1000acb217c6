"""Which of a person's pictures show one face: groups of them, by which the person can be split."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mien.domain.people.people import Template
from mien.gallery.matching.linkage import groups, representative


@dataclass(frozen=True, slots=True)
class FaceGroup:
    """Pictures that show one face, by id, and how similar it is to the face of the largest group; none of its own."""

    picture_ids: tuple[int, ...]
    similarity: float | None = None


def face_groups(templates: Sequence[Template], coherent: float) -> tuple[FaceGroup, ...]:
    """The pictures of plain templates of one model in groups, the largest first.

    Pictures are of one group while they are ``coherent``, by the similarity that clean-up goes by.
    """
    plain = [one for one in templates if one.variant == "plain"]
    if not plain:
        return ()
    vectors = np.stack([one.vector for one in plain])
    found = groups(vectors, coherent)
    largest, *others = (representative(vectors[rows]) for rows in found)
    alike = (None, *(float(largest @ other) for other in others))
    return tuple(
        FaceGroup(tuple(plain[row].picture_id for row in rows), similarity)
        for rows, similarity in zip(found, alike, strict=True)
    )
