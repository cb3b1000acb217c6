"""Pictures of people to be looked at: of everybody the best, of a person all, from the pictures that are kept."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.domain.people.people import Person, Picture
from mien.gallery.kept_crops import KeptCrops, LostPicture
from mien.store.media import MediaStore
from mien.store.people import PeopleStore


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A picture with its crop (h, w, 3) BGR, or none where that is not kept or lost."""

    picture: Picture
    image: NDArray[np.uint8] | None


@dataclass(frozen=True, slots=True)
class AlbumPerson:
    """A person with pictures: those that are looked at first, of these the best first."""

    person: Person
    pictures: tuple[Shown, ...]

    @property
    def title(self) -> str:
        """What the person goes by."""
        return self.person.name or self.person.person_id

    @property
    def best(self) -> Shown | None:
        """The best picture of which there is a crop."""
        return next((one for one in self.pictures if one.image is not None), None)


class Album:
    """Looks up pictures. Every method raises StoreError where the database cannot be used."""

    def __init__(self, people: PeopleStore, media: MediaStore) -> None:
        self._people = people
        self._crops = KeptCrops(people, media)

    @property
    def lost(self) -> tuple[LostPicture, ...]:
        """Those of the pictures looked up that could not be opened."""
        return self._crops.lost

    def person(self, person: Person) -> AlbumPerson:
        """A person with all pictures but those in the recycle bin."""
        kept = [one for one in self._people.pictures(person.person_id) if one.state != "binned"]
        ordered = sorted(kept, key=lambda one: (one.state != "active", -one.quality, one.picture_id))
        return AlbumPerson(person, tuple(Shown(one, self.image(one)) for one in ordered))

    def image(self, picture: Picture) -> NDArray[np.uint8] | None:
        """The crop (h, w, 3) BGR of a picture, or none."""
        return self._crops.image(picture.crop, picture.person_id)
