"""Groups of one face among the pictures of a person."""

import numpy as np
import pytest
from tests.support.faces import MODEL, axis, like

from mien.domain.people.people import Template
from mien.gallery.curation.face_groups import FaceGroup, face_groups


def template(picture_id: int, vector: np.ndarray, variant: str = "plain") -> Template:
    return Template(picture_id, picture_id, "person-0001", vector, MODEL, variant)


def test_pictures_are_grouped_by_face_the_largest_group_first() -> None:
    one, other = axis(0), like(axis(0), 0.1, 1)
    templates = [
        template(3, other), template(4, like(one, 0.6, 5)), template(5, like(other, 0.6, 6)),
        template(6, like(one, 0.6, 7)), template(9, one), template(9, other, "distant"),
    ]  # fmt: skip

    first, second = face_groups(templates, 0.25)

    assert (first.picture_ids, first.similarity) == ((4, 6, 9), None)
    assert second.picture_ids == (3, 5) and second.similarity == pytest.approx(0.07, abs=0.01)


def test_one_face_is_one_group_and_nothing_none() -> None:
    assert face_groups([template(1, axis(0)), template(2, like(axis(0), 0.5))], 0.25) == (FaceGroup((1, 2)),)
    assert face_groups([template(1, axis(0), "distant")], 0.25) == ()
