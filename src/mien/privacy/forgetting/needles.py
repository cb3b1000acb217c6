"""What counts as a trace among bytes, and the search that finds many of them in one pass."""

import codecs
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, Self

import numpy as np

from mien.domain.people.spelling import SHORT_BYTES

Trace = Literal["name", "namesake", "id", "uid", "template", "sealed", "picture"]
"""*namesake*: a name that others bear too; *template*: a vector in plain; *sealed*: the very bytes that were kept
encrypted; *picture*: a stored one's name."""

Encoding = Literal["", "utf-8", "utf-16-le", "utf-16-be"]
"""How a text is written, which may also be one that tells no more than that it is a text; empty of what is none."""

CONTEXT_BYTES = 8
"""How far around a find is looked."""
ANCHOR_BYTES = SHORT_BYTES
_TELLING_BYTES = 6
"""A word as long as this does not occur in random bytes: once in 280 TB, and in any of its spellings once in 1 TB."""
_EITHER = {"utf-16-le", "utf-16-be"}
_TEXT_BYTES = 8192
_TEXT_SHARE = 0.8  # of random bytes 0.38 are signs of ASCII
_SIGNS = np.zeros(256, np.bool_)
_SIGNS[[*b"\t\n\f\r", *range(32, 127)]] = True


@dataclass(frozen=True, slots=True)
class Needle:
    """Bytes that are a trace where they are found, and the rule by which they count.

    A *name* counts where it is a word by itself. Where it ``is_exact``, spelt as it was kept, it counts within longer
    words too, but for texts: a database puts one value behind another. A short one, which random bytes hold by chance,
    counts beside something readable, and one that ``is_odd``, in a spelling that few would choose, in texts alone.
    Behind an *id* more digits make another one, unless it begins with a zero and stands in a database.
    """

    trace: Trace
    text: bytes
    encoding: str = ""
    is_exact: bool = True
    is_odd: bool = False

    @property
    def is_short(self) -> bool:
        return len(self.text) < ANCHOR_BYTES

    @property
    def is_name(self) -> bool:
        """Whether it counts by the rule of names."""
        return self.trace in ("name", "namesake")

    @property
    def longest(self) -> int:
        return len(self.text)

    @property
    def behind(self) -> int:
        return len(self.text) - ANCHOR_BYTES if self.trace == "id" else 0  # all ids begin alike

    @property
    def anchors(self) -> Iterable[bytes]:
        return (self.text[self.behind : self.behind + ANCHOR_BYTES],)

    def at(self, data: bytes, begin: int) -> Self | None:
        return self if data.startswith(self.text, begin) else None

    def anywhere(self, data: bytes) -> Iterator[tuple[int, Self]]:
        begin = data.find(self.text)
        while begin >= 0:
            yield begin, self
            begin = data.find(self.text, begin + 1)

    def counts(self, before: bytes, after: bytes, is_text: bool) -> bool:
        """Whether it is a trace between some bytes, of a text or of anything else."""
        if self.trace == "id":
            may_go_on = is_text or not self.text.partition(b"-")[2].startswith(b"0")
            return not (may_go_on and after[:1].isdigit())
        if not self.is_name or is_text:
            return not self.is_name or self._is_word(before, after)
        is_beside = not self.is_odd and (_is_readable(before[-4:]) or _is_readable(after[:4]))
        is_likely = len(self.text) >= _TELLING_BYTES or is_beside
        return is_likely and (self.is_exact or self._is_word(before, after))

    def _is_word(self, before: bytes, after: bytes) -> bool:
        whole = before[len(before) % 2 :] if self.encoding != "utf-8" else before
        return not (
            whole.decode(self.encoding, "ignore")[-1:].isalnum() or after.decode(self.encoding, "ignore")[:1].isalnum()
        )


def _is_readable(near: bytes) -> bool:
    return len(near) == 4 and all(32 <= byte < 127 for byte in near)


def is_number(name: str) -> bool:
    """Whether a name is but digits and the marks between them: no search can tell it from any other number."""
    kinds = {unicodedata.category(sign)[0] for sign in name}
    return "N" in kinds and kinds <= {"N", "P", "Z"}


def not_searched(names: tuple[str, ...]) -> tuple[str, ...]:
    """Where names are not looked for, which depends on how long they are, in words that do not hold them."""
    sizes = [len(name.encode()) for name in names if not is_number(name)]
    told = [
        (
            any(size < ANCHOR_BYTES for size in sizes),
            "names of less than four bytes in files that are no texts; of the database all texts were searched, "
            "opened, but for what models and their labels are called",
        ),
        (
            any(ANCHOR_BYTES <= size < _TELLING_BYTES for size in sizes),
            "names of four or five bytes in files that are no texts, where nothing readable stands beside them or the "
            "spelling is an unusual one",
        ),
        (len(sizes) < len(names), "names that are numbers, which nothing tells from other numbers"),
    ]
    return tuple(words for is_so, words in told if is_so)


def encoding_of(begin: bytes) -> Encoding:
    """What a file that begins so is to be read as: a text in one of three ways, or anything else."""
    if begin.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if begin.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    looked_at = begin[:_TEXT_BYTES]
    if b"\0" in looked_at:
        return ""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(looked_at)
    except UnicodeDecodeError:  # one of an older encoding, if most of it is readable
        share = _SIGNS[np.frombuffer(looked_at, np.uint8)].mean()
        return "utf-8" if share > _TEXT_SHARE else ""
    return "utf-8"


class Sought(Protocol):
    """What a search looks for: bytes, or a name in all its spellings, of which any is a needle."""

    @property
    def encoding(self) -> str:
        """How names are written in it; empty of what is no name."""
        ...

    @property
    def is_short(self) -> bool:
        """Whether chance makes it of other bytes too often for it to be looked for anywhere but in texts."""
        ...

    @property
    def longest(self) -> int:
        """How many bytes it has at most."""
        ...

    @property
    def behind(self) -> int:
        """How far behind its begin its four most telling bytes are."""
        ...

    @property
    def anchors(self) -> Iterable[bytes]:
        """All that these bytes may be."""
        ...

    def at(self, data: bytes, begin: int) -> Needle | None:
        """What of it begins at a place."""
        ...

    def anywhere(self, data: bytes) -> Iterator[tuple[int, Needle]]:
        """Where it begins, and what of it."""
        ...


class Search:
    """Finds all of many needles in one pass; those of less than four bytes in texts only, elsewhere chance makes them.

    Two tables of pairs of bytes tell where a needle's first four bytes may stand; only there is it compared.
    """

    def __init__(self, wanted: Iterable[Sought]) -> None:
        self._short = list[Sought]()
        self._by_anchor: dict[bytes, list[Sought]] = defaultdict(list)
        self._first, self._second = np.zeros(1 << 16, np.bool_), np.zeros(1 << 16, np.bool_)
        self.longest = 0
        for one in wanted:
            self.longest = max(self.longest, one.longest)
            if one.is_short:
                self._short.append(one)
                continue
            for anchor in one.anchors:
                self._by_anchor[anchor].append(one)
                self._first[int.from_bytes(anchor[:2], "little")] = True
                self._second[int.from_bytes(anchor[2:], "little")] = True

    def find(self, data: bytes, encoding: Encoding) -> Iterator[tuple[int, Needle]]:
        """Where needles begin that count."""
        is_text = bool(encoding)
        for at in self._candidates(data):
            for one in self._by_anchor.get(data[at : at + ANCHOR_BYTES], ()):
                begin = at - one.behind
                if {one.encoding, encoding} == _EITHER:
                    continue  # the one reads as the other, a byte further on
                found = one.at(data, begin) if begin >= 0 else None
                if found and _counts(found, data, begin, is_text):
                    yield begin, found
        for one in [one for one in self._short if is_text and one.encoding in ("", encoding)]:
            for begin, found in one.anywhere(data):
                if _counts(found, data, begin, is_text):
                    yield begin, found

    def _candidates(self, data: bytes) -> Iterator[int]:
        for shift in (0, 1) if len(data) >= ANCHOR_BYTES and self._by_anchor else ():
            pairs = np.frombuffer(data, "<u2", max(len(data) - shift, 0) // 2, shift)
            heads = np.flatnonzero(self._first.take(pairs[:-1]))
            yield from (2 * heads[self._second.take(pairs[heads + 1])] + shift).tolist()


def _counts(needle: Needle, data: bytes, begin: int, is_text: bool) -> bool:
    end = begin + len(needle.text)
    return needle.counts(data[max(begin - CONTEXT_BYTES, 0) : begin], data[end : end + CONTEXT_BYTES], is_text)
