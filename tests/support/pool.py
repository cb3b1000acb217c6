"""What a caller knows who has looked around before: ids and names that there are, to be asked for."""

import re
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from random import Random
from typing import Any

_KEPT = 6  # values of a name: the newest, for older ones may be gone
_PERSON = re.compile(r"(person|unknown)-[0-9]{4,12}")
_MOSTLY, _AT_TIMES = 0.9, 0.4


class Pool:
    """What was seen under which name and at which place of the API, such as ids."""

    def __init__(self) -> None:
        self._seen: defaultdict[tuple[str, str], deque[Any]] = defaultdict(lambda: deque(maxlen=_KEPT))

    def note(self, told: Any, place: str = "") -> None:
        """Look at what was answered at a place, or at something of the domain."""
        told = asdict(told) if is_dataclass(told) and not isinstance(told, type) else told
        if isinstance(told, Mapping):
            for name, value in told.items():
                for one in value if isinstance(value, list | tuple) else [value]:
                    if isinstance(one, str | int) and not isinstance(one, bool) and one != "":
                        self._keep(name, one, place)
                    self.note(one, place)
        elif isinstance(told, list | tuple):
            for one in told:
                self.note(one, place)

    def fill(self, value: Any, chance: Random, place: str, name: str = "", often: float = _AT_TIMES) -> Any:
        """What is sent at a place under a name, where much of what may name something names what there is.

        Ids nearly always do; other texts as ``often`` as is said.
        """
        if isinstance(value, Mapping):
            return {key: self.fill(one, chance, place, key, often) for key, one in value.items()}
        if isinstance(value, list):
            return self._several(value, chance, place, name)
        known = self._known(value, chance, place, name)
        is_id = isinstance(value, int) or name.endswith("_id") or _is_person(value)
        return chance.choice(known) if known and chance.random() < (_MOSTLY if is_id else often) else value

    def _several(self, values: list[Any], chance: Random, place: str, name: str) -> list[Any]:
        """Some of what there is, each once: what is the same twice is mostly refused."""
        known = self._known(values[0], chance, place, name) if values else ()
        if not known or chance.random() > _MOSTLY:
            return [self.fill(one, chance, place, name) for one in values]
        return chance.sample(known, min(len(values), len(known), 2))

    def _known(self, value: Any, chance: Random, place: str, name: str) -> Sequence[Any]:
        """What may stand there: ``picture_ids`` are such as a ``picture_id``, and ids of people are known by sight."""
        if _is_person(value):
            kind = chance.choice(("person", "unknown"))
            return [one for one in self._seen["", "person_id"] if one.startswith(kind)]
        if isinstance(value, float | Mapping) or value is None:
            return ()
        found = (self._seen.get((where, one)) for one in _names(name) for where in (place, ""))
        return [*next(filter(None, found), ())]

    def _keep(self, name: str, value: Any, place: str) -> None:
        for where in {place, ""}:
            if value not in (kept := self._seen[where, name]):
                kept.append(value)


def _is_person(value: Any) -> bool:
    return isinstance(value, str) and bool(_PERSON.fullmatch(value))


def _names(name: str) -> Iterator[str]:
    single = name.removesuffix("s")
    yield from ("next",) if name == "after" else (name, single, f"{name}_id", f"{single}_id")
