"""Everything by which a person is looked for among bytes: names in all their spellings, ids, templates, pictures."""

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, product

from mien.domain.people.people import folded_name
from mien.domain.people.spelling import MOST_REPEATED, Part, escaped, parts, spelling_key
from mien.privacy.forgetting.needles import ANCHOR_BYTES, Needle, Sought, Trace, is_number
from mien.store.departures import Marks


def needles(marks: Marks, borne: tuple[str, ...] = ()) -> tuple[Sought, ...]:
    """Everything by which a person would be recognised, and names of theirs that others bear too."""
    plain: tuple[tuple[Trace, tuple[str, ...]], ...] = (
        ("id", marks.person_ids),
        ("uid", marks.uids),
        ("picture", marks.crops),
    )
    found = {text.encode(): Needle(trace, text.encode()) for trace, texts in plain for text in texts}
    raw: tuple[tuple[Trace, tuple[bytes, ...]], ...] = (("template", marks.vectors), ("sealed", marks.sealed))
    found |= {data: Needle(trace, data) for trace, pieces in raw for data in pieces}
    spelt: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for place, names in enumerate((marks.names, borne)):
        for name in names:
            if not is_number(name):
                spelt[spelling_key(name)][place].append(name)
    return (*chain.from_iterable(_spelt(*one) for one in spelt.values()), *found.values())


def _spelt(own: list[str], others: list[str]) -> Iterator["SpeltName"]:
    """What finds names that are all spellings of one, of which some may be others'."""
    for form in _FORMS:
        if not (form.is_escaped and all(name.isascii() for name in (*own, *others))):
            yield SpeltName(own, others, form)


@dataclass(frozen=True, slots=True)
class _Form:
    """How a text becomes bytes."""

    encoding: str
    is_escaped: bool = False

    def write(self, text: str) -> tuple[bytes, ...]:
        return tuple(one.encode(self.encoding) for one in (escaped(text) if self.is_escaped else (text,)))

    def read(self, data: bytes) -> str:
        text = data.decode(self.encoding)
        return str(json.loads(f'"{text}"', strict=False)) if self.is_escaped else text

    def written(self, texts: Iterable[str]) -> frozenset[bytes]:
        """Texts, however accents are encoded."""
        both = (unicodedata.normalize(form, text) for text in texts for form in ("NFC", "NFD"))
        return frozenset(data for text in both for data in self.write(text))


_FORMS = (_Form("utf-8"), _Form("utf-16-le"), _Form("utf-16-be"), _Form("utf-8", is_escaped=True))


class SpeltName:
    """A name in all its spellings, as one form writes them; a needle is one of these.

    What is spelt as ``others`` bear it is a namesake; where only others bear it, in any spelling.
    """

    behind = 0

    def __init__(self, own: list[str], others: list[str], form: _Form) -> None:
        names = [*own, *others]
        self.encoding = form.encoding
        self._form = form
        self._parts = [_Written.of(part, form) for part in parts(names[0])]
        self._pattern = re.compile(b"".join(part.pattern for part in self._parts))
        self._exact = form.written(names)
        self._usual = form.written(
            spelt for name in names for spelt in (name, name.casefold(), name.lower(), name.upper(), name.title())
        )
        self._is_borne = not own
        self._borne = {folded_name(name) for name in others}

    @property
    def is_short(self) -> bool:
        return sum(part.shortest for part in self._parts) < ANCHOR_BYTES

    @property
    def longest(self) -> int:
        return sum(part.longest for part in self._parts)

    @property
    def anchors(self) -> set[bytes]:
        begun = {b""}
        for part in self._parts:
            begun = {(one + more)[:ANCHOR_BYTES] for one in begun for more in part.begins(ANCHOR_BYTES - len(one))}
            if all(len(one) == ANCHOR_BYTES for one in begun):
                break
        return begun

    def at(self, data: bytes, begin: int) -> Needle | None:
        found = self._pattern.match(data, begin)
        return self._needle(found[0]) if found else None

    def anywhere(self, data: bytes) -> Iterator[tuple[int, Needle]]:
        found = self._pattern.search(data)
        while found:
            yield found.start(), self._needle(found[0])
            found = self._pattern.search(data, found.start() + 1)

    def _needle(self, text: bytes) -> Needle:
        is_borne = self._is_borne or (self._borne and folded_name(self._form.read(text)) in self._borne)
        trace: Trace = "namesake" if is_borne else "name"
        return Needle(trace, text, self.encoding, text in self._exact, text not in self._usual)


@dataclass(frozen=True, slots=True)
class _Written:
    """A part of a name in bytes."""

    spelt: tuple[bytes, ...]
    repeated: tuple[bytes, ...]

    @classmethod
    def of(cls, part: Part, form: _Form) -> "_Written":
        """As a form writes it."""

        def written(texts: tuple[str, ...]) -> tuple[bytes, ...]:
            found = {data for text in texts for data in form.write(text)}
            return tuple(sorted(found, key=lambda data: (-len(data), data)))

        return cls(written(part.spelt), written(part.repeated))

    @property
    def pattern(self) -> bytes:
        spelt, repeated = (b"|".join(map(re.escape, some)) for some in (self.spelt, self.repeated))
        return b"(?:%b|(?:%b){1,%d})" % (spelt, repeated, MOST_REPEATED) if repeated else b"(?:%b)" % spelt

    @property
    def shortest(self) -> int:
        return min(map(len, (*self.spelt, *self.repeated)))

    @property
    def longest(self) -> int:
        return max((*map(len, self.spelt), *(MOST_REPEATED * len(one) for one in self.repeated)))

    def begins(self, size: int) -> set[bytes]:
        """All that its first bytes may be, as many as are asked for or all of it."""
        rows = (b"".join(one) for count in range(1, MOST_REPEATED + 1) for one in product(self.repeated, repeat=count))
        return {one[:size] for one in chain(self.spelt, rows)}
