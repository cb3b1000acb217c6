"""What speaks for or against two people being one: warnings for whoever is to agree to a change."""

from collections import defaultdict

import numpy as np

from mien.domain.people.people import Person
from mien.gallery.matching.linkage import Floats, representative
from mien.gallery.names import called
from mien.store.people import PeopleStore

_HARDLY_ALIKE, _VERY_ALIKE = 0.2, 0.43
"""Similarities of two people as ``linkage`` measures them: below, they are hardly one; from here on, most likely."""


class Resemblance:
    """Compares people by all models of which both have templates."""

    def __init__(self, people: PeopleStore) -> None:
        self._people = people

    def like_somebody(self, stranger: Person) -> tuple[str, ...]:
        """A warning where a stranger looks like somebody who is enrolled."""
        own = self._people.templates(person_id=stranger.person_id)
        enrolled = {one.person_id: one for one in self._people.people() if one.kind == "enrolled"}
        for model in {template.model for template in own}:
            vectors: dict[str, list[Floats]] = defaultdict(list)
            for template in self._people.templates(model):
                vectors[template.person_id].append(template.vector)
            mine = representative(np.stack(vectors[stranger.person_id]))
            alike = {one: float(mine @ representative(np.stack(vectors[one]))) for one in enrolled if one in vectors}
            nearest = max(alike, key=alike.__getitem__, default="")
            if nearest and alike[nearest] >= _VERY_ALIKE:
                like = f"{stranger.person_id} looks like {called(enrolled[nearest])} (similarity {alike[nearest]:.2f})"
                return (f"{like}: mien review assign makes them one",)
        return ()

    def unlike(self, one: Person, other: Person) -> str:
        """A warning where two people hardly look alike; empty where they do, or where nothing tells."""
        templates = [self._people.templates(person_id=person.person_id) for person in (one, other)]
        models = {template.model for template in templates[0]} & {template.model for template in templates[1]}
        alike = [
            float(np.dot(*(representative(np.stack([t.vector for t in own if t.model == model])) for own in templates)))
            for model in models
        ]
        if not alike or max(alike) >= _HARDLY_ALIKE:
            return ""
        return f"{called(other)} and {called(one)} hardly look alike (similarity {max(alike):.2f})"
