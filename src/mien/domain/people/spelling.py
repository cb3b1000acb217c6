"""In which spellings a name is the same, and where it stands in a text: any case, whatever stands between its words."""

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product

from mien.domain.people.people import folded_name

SHORT_BYTES = 4
"""A name of fewer bytes of UTF-8 is within other words too often to be anything there."""
_BETWEEN = (" ", "\t", "\u00a0", "_", "-", "\u2010", "\u2011")
_ALONE = (".", "+", "%20")
MOST_REPEATED = 4
"""How many signs between two words there may be."""
_SPACED = "".join(map(re.escape, _BETWEEN))
_GAPS = re.compile(rf"(?<=[^{_SPACED}])[{_SPACED}]+(?=[^{_SPACED}])|(?<=[^\W_])[.+](?=[^\W_])")
_LIKE_AN_ID = re.compile(r"(person|unknown) [0-9]{4,}")
_CASED = range(0x1F000)  # no letter behind it has another case
_CUT = "\n"  # stands within no name


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a name: one of ``spelt`` stands there, or some of ``repeated`` in a row, `MOST_REPEATED` at most."""

    spelt: tuple[str, ...]
    repeated: tuple[str, ...] = ()


def spelling_key(name: str) -> str:
    """What all spellings of one name have in common: case, accents' encoding and what is between words are nothing."""
    return _GAPS.sub(" ", folded_name(name))


def parts(name: str) -> tuple[Part, ...]:
    """What a name is made of, in the order of writing, each in every spelling.

    Between words there may be spaces, hyphens and underscores, or a single dot, a plus or an escaped space. A name in
    which that would be an id is spelt as it is.
    """
    folded = folded_name(name)
    gap = Part(_ALONE, _BETWEEN)
    if _LIKE_AN_ID.fullmatch(_GAPS.sub(" ", folded)):
        return tuple(_letters(folded))
    found: list[Part] = []
    begin = 0
    for one in _GAPS.finditer(folded):
        found += [*_letters(folded[begin : one.start()]), gap]
        begin = one.end()
    return (*found, *_letters(folded[begin:]))


def escaped(text: str) -> tuple[str, ...]:
    """A text as JSON may escape it."""
    spelt = json.dumps(text)[1:-1]
    return tuple(dict.fromkeys((spelt, re.sub(r"(?<=\\u)[0-9a-f]{4}", lambda one: one[0].upper(), spelt))))


def names_literally(text: str, name: str) -> bool:
    """Whether a name stands in a text as a word of its own, in the very case: no ``will`` is a ``Will``."""
    text, name = (unicodedata.normalize("NFC", one) for one in (text, name))
    return bool(name) and re.search(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", text) is not None


class NamesInTexts:
    """Finds names in texts, as words of their own, but for those within the name of whoever a text is about.

    What is spelt like one of the names that are ``borne`` by others is theirs; so is what stands within a longer name
    of anybody else, which ``everybodys`` tells where it comes to that.
    """

    def __init__(
        self,
        names: Iterable[str],
        borne: Iterable[str] = (),
        everybodys: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        self._names = tuple(sorted({*names}, key=lambda name: (-len(name), name)))
        self._borne = {folded_name(name) for name in borne}
        self._everybodys = everybodys
        self._own = dict[str, re.Pattern[str]]()

    def __bool__(self) -> bool:
        return bool(self._names)

    def are_in(self, text: str) -> bool:
        """Whether any of them is, whosever it is."""
        return bool(self._any.search(text)) if self else False

    def without(self, text: str, instead: str, own: str = "") -> str:
        """A text with something instead of them; ``own`` is the name of whoever it is about."""
        return _replaced(text, (span for span, is_own in self._found(text, own) if not is_own), instead)

    def without_any(self, text: str, instead: str) -> str:
        """A text with something instead of them, even within longer words, but for short names there."""
        return self._within.sub(instead, self.without(text, instead)) if self else text

    def without_own(self, text: str, own: str) -> str:
        """A text in which those are left that `without` would take out, and none that are within others' names."""
        if not self.are_in(text):
            return text
        found = self._found(text, own)
        others = [span for span, is_own in found if not is_own]
        alone = (one for one, is_own in found if is_own and not any(_meet(one, other) for other in others))
        return _replaced(text, alone, _CUT)

    def _found(self, text: str, own: str) -> list[tuple[tuple[int, int], bool]]:
        """Where they stand, and whether that is within the own name; a name that is another one's is none of them."""
        if not self.are_in(text):
            return []
        if own not in self._own:
            self._own[own] = _pattern(own)
        theirs = [*_places(self._own[own], text)] if own else []
        theirs += (span for pattern in self._longer for span in _places(pattern, text))
        spans = (span for pattern in self._patterns for span in _places(pattern, text))
        return [
            (span, any(first <= span[0] and span[1] <= last for first, last in theirs))
            for span in spans
            if not self._borne or folded_name(text[slice(*span)]) not in self._borne
        ]

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], ...]:
        return tuple(map(_pattern, self._names))

    @cached_property
    def _longer(self) -> tuple[re.Pattern[str], ...]:
        """What finds the names of others that hold one of these and more."""
        own = {spelling_key(name) for name in self._names}
        return tuple(
            _pattern(one) for one in {*self._everybodys()} if self.are_in(one) and spelling_key(one) not in own
        )

    @cached_property
    def _any(self) -> re.Pattern[str]:
        return re.compile("|".join(pattern.pattern for pattern in self._patterns))

    @cached_property
    def _within(self) -> re.Pattern[str]:
        long = [name for name in self._names if len(name.encode()) >= SHORT_BYTES]
        spelt = {one for name in long for form in ("NFC", "NFD") for one in escaped(unicodedata.normalize(form, name))}
        spelt |= {unicodedata.normalize(form, name) for name in long for form in ("NFC", "NFD")}
        return re.compile("|".join(map(re.escape, sorted(spelt, key=len, reverse=True))) or r"(?!)")


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_]){''.join(map(_alternatives, parts(name)))}(?![^\W_])")


def _alternatives(part: Part) -> str:
    """What finds a part, escaped or not."""

    def of(texts: Iterable[str]) -> str:
        spelt = {one for text in texts for one in (text, *escaped(text))}
        return "|".join(map(re.escape, sorted(spelt, key=lambda one: (-len(one), one))))

    return f"(?:{of(part.spelt)}{f'|(?:{of(part.repeated)}){{1,{MOST_REPEATED}}}' if part.repeated else ''})"


def _places(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    """Where a pattern is found, places that overlap too."""
    found = pattern.search(text)
    while found:
        yield found.span()
        found = pattern.search(text, found.start() + 1)


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _replaced(text: str, spans: Iterable[tuple[int, int]], instead: str) -> str:
    """A text with something in place of what stands at some places; of several that overlap once."""
    kept, end = list[str](), 0
    for first, last in sorted(spans):
        if first >= end:
            kept += [text[end:first], instead]
        end = max(end, last)
    return "".join((*kept, text[end:]))


def _letters(folded: str) -> Iterator[Part]:
    """The letters of a folded text, several as one where there is a single sign for them: ``ss`` for ``ß``."""
    place = 0
    while place < len(folded):
        size = next((size for size in (3, 2) if folded[place : place + size] in _signs()), 1)
        letters = folded[place : place + size]
        spelt = {*_signs().get(letters, ())}
        spelt |= {"".join(one) for one in product(*((letter, *_signs().get(letter, ())) for letter in letters))}
        forms = {unicodedata.normalize(form, one) for one in spelt for form in ("NFC", "NFD")}
        yield Part(tuple(sorted(spelt | forms)))
        place += max(size, 1)


@cache
def _signs() -> dict[str, tuple[str, ...]]:
    """The single signs that fold to other letters, by these."""
    found: dict[str, tuple[str, ...]] = {}
    for sign in map(chr, _CASED):
        if not sign.isascii() or sign.isupper():
            folded = folded_name(sign) if not "\ud800" <= sign <= "\udfff" else sign
            if folded != sign and len(folded) <= 3:
                found[folded] = (*found.get(folded, ()), sign)
    return found
