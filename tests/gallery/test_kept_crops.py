"""Stored pictures that cannot be opened: which are lost, and how that is told."""

import numpy as np
import pytest
from tests.support.faces import ALL, axis, kept

from mien.gallery.kept_crops import KeptCrops, LostPicture, told_lost
from mien.store.journal import PictureStates
from mien.store.sql.people.journal import SqlJournal

FACE = np.full((112, 112, 3), 77, np.uint8)


@pytest.mark.parametrize("is_there", [True, False], ids=["damaged", "gone"])
def test_a_picture_that_is_kept_and_cannot_be_opened_is_lost(people, media, clock, tmp_path, is_there) -> None:
    crops = [media.save(FACE) for _ in range(3)]
    person = people.add_person("Ann", [kept(axis(n), crop=crop) for n, crop in enumerate(crops)], clock.now(), ALL)
    pictures = people.pictures(person.person_id)
    file = next(tmp_path.rglob(crops[1]))
    file.write_bytes(b"x") if is_there else file.unlink()
    opening = KeptCrops(people, media)

    assert [one.picture_id for one, _ in opening.opened(pictures)] == [1, 3]

    assert opening.lost == (LostPicture(2, person.person_id, f"'Ann' ({person.person_id})"),)


@pytest.mark.parametrize("how", ["forgotten", "thrown away"])
def test_what_was_let_go_of_is_not_lost(people, media, clock, database, how) -> None:
    crop = media.save(FACE)
    person = people.add_person("Ann", [kept(axis(0), crop=crop)], clock.now(), ALL)
    pictures = people.pictures(person.person_id)
    if how == "forgotten":
        people.forget(person.person_id)
    else:
        SqlJournal(database).apply("picture.binned", [PictureStates((1,), "binned")], clock.now())
    media.delete(crop)
    opening = KeptCrops(people, media)

    assert opening.opened(pictures) == [] and opening.lost == ()


def test_lost_pictures_of_one_person_are_told_together_and_of_many_people_the_first() -> None:
    alone = told_lost([LostPicture(4, "person-0001", "'Ann' (person-0001)")])
    assert alone.startswith("1 stored picture is missing or damaged, and was left out: 4 of 'Ann' (person-0001); put")

    many = [LostPicture(10 * number + at, "", f"unknown-{number:04d}") for number in range(1, 13) for at in (0, 1, 2)]
    told = told_lost(many)
    assert told.startswith("36 stored pictures are missing") and "10 to 12 of unknown-0001, 20 to 22" in told
    assert "of unknown-0010, those of 2 more people; put" in told and "unknown-0011" not in told
