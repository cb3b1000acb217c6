"""Pictures of a home for pages that show some of them: each is opened once."""

from collections import defaultdict
from functools import cache

from mien.gallery.exchange.album import Album
from mien.gallery.kept_crops import LostPicture
from mien.results.album.page import picture_uri
from mien.store.people import PeopleStore


class AlbumFaces:
    """Faces of a home by the ids of people and pictures, as URIs; empty where no picture is kept.

    Those of strangers are empty too where it ``hides_strangers``.
    """

    def __init__(self, album: Album, people: PeopleStore, *, hides_strangers: bool = False) -> None:
        self._album = album
        everybody = people.people(everybody=True) if hides_strangers else ()
        hidden = {one.person_id for one in everybody if one.kind == "stranger"}
        self._pictures = {one.picture_id: one for one in people.pictures() if one.person_id not in hidden}
        self._active: dict[str, list[int]] = defaultdict(list)
        for one in sorted(self._pictures.values(), key=lambda one: (-one.quality, one.picture_id)):
            if one.crop and one.state == "active":
                self._active[one.person_id].append(one.picture_id)
        self.picture = cache(self._picture)

    @property
    def lost(self) -> tuple[LostPicture, ...]:
        """Those of the pictures asked for that could not be opened."""
        return self._album.lost

    def person(self, person_id: str) -> str:
        return next(filter(None, map(self.picture, self._active.get(person_id, ()))), "")

    def _picture(self, picture_id: int) -> str:
        one = self._pictures.get(picture_id)
        return picture_uri(self._album.image(one)) if one else ""
