"""Pictures of a home for pages that show some of them: each is opened once."""

from functools import cache

from mien.gallery.exchange.album import Album
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
        self._best: dict[str, int] = {}
        for one in sorted(self._pictures.values(), key=lambda one: one.quality):
            if one.crop and one.state == "active":
                self._best[one.person_id] = one.picture_id
        self.picture = cache(self._picture)

    def person(self, person_id: str) -> str:
        return self.picture(self._best.get(person_id, 0))

    def _picture(self, picture_id: int) -> str:
        one = self._pictures.get(picture_id)
        return picture_uri(self._album.image(one)) if one else ""
