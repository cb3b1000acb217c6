"""What a search through bytes looks for, and finding all of it at once: names as people write them, ids, templates."""

import codecs
import json
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mien.store.departures import Marks

Trace = Literal["name", "namesake", "id", "uid", "template", "sealed", "picture"]
"""*namesake*: a name that others bear too; *template*: a vector in plain; *sealed*: the very bytes that were kept
encrypted; *picture*: a stored one's name."""

Encoding = Literal["", "utf-8", "utf-16-le", "utf-16-be"]
"""How a text is written, which may also be one that tells no more than that it is a text; empty of what is none."""

CONTEXT_BYTES = 8
"""How far around a find is looked."""
_ANCHOR_BYTES = 4
_TELLING_BYTES = 6
"""A word as long as this does not occur in random bytes: once in 280 TB."""
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
    counts beside something readable. Behind an *id* more digits make another one, unless it begins with a zero and
    stands in a database.
    """

    trace: Trace
    text: bytes
    encoding: str = ""
    is_exact: bool = True

    @property
    def is_short(self) -> bool:
        """Whether chance makes it of other bytes too often for it to be looked for anywhere but in texts."""
        return len(self.text) < _ANCHOR_BYTES

    @property
    def is_name(self) -> bool:
        """Whether it counts by the rule of names."""
        return self.trace in ("name", "namesake")

    @property
    def anchor(self) -> int:
        """Where its four most telling bytes begin: of ids, which all begin alike, these are the last."""
        return len(self.text) - _ANCHOR_BYTES if self.trace == "id" else 0

    def counts(self, before: bytes, after: bytes, is_text: bool) -> bool:
        """Whether it is a trace between some bytes, of a text or of anything else."""
        if self.trace == "id":
            may_go_on = is_text or not self.text.partition(b"-")[2].startswith(b"0")
            return not (may_go_on and after[:1].isdigit())
        if not self.is_name:
            return True
        is_likely = is_text or len(self.text) >= _TELLING_BYTES or _is_readable(before[-4:]) or _is_readable(after[:4])
        is_anywhere = self.is_exact and not is_text
        return is_likely and (is_anywhere or not (self._ends_in_letter(before) or self._begins_with_letter(after)))

    def _ends_in_letter(self, before: bytes) -> bool:
        whole = before[len(before) % 2 :] if self.encoding != "utf-8" else before
        return whole.decode(self.encoding, "ignore")[-1:].isalnum()

    def _begins_with_letter(self, after: bytes) -> bool:
        return after.decode(self.encoding, "ignore")[:1].isalnum()


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
            any(size < _ANCHOR_BYTES for size in sizes),
            "names of less than four bytes in files that are no texts; of the database all texts were searched, "
            "opened, but for what models and their labels are called",
        ),
        (
            any(_ANCHOR_BYTES <= size < _TELLING_BYTES for size in sizes),
            "names of four or five bytes in files that are no texts, where nothing readable stands beside them",
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


def needles(marks: Marks, borne: tuple[str, ...] = ()) -> tuple[Needle, ...]:
    """Everything by which a person would be recognised, and names of theirs that others bear too."""
    found = {needle.text: needle for needle in reversed([*_names(marks.names), *_names(borne, "namesake")])}
    plain: tuple[tuple[Trace, tuple[str, ...]], ...] = (
        ("id", marks.person_ids),
        ("uid", marks.uids),
        ("picture", marks.crops),
    )
    found |= {text.encode(): Needle(trace, text.encode()) for trace, texts in plain for text in texts}
    raw: tuple[tuple[Trace, tuple[bytes, ...]], ...] = (("template", marks.vectors), ("sealed", marks.sealed))
    found |= {data: Needle(trace, data) for trace, pieces in raw for data in pieces}
    return tuple(found.values())


def _names(names: tuple[str, ...], trace: Trace = "name") -> Iterator[Needle]:
    """Names as they are, in small and in capital letters, composed and decomposed, in every encoding of a file."""
    for name in names:
        if is_number(name):
            continue
        for spelt in (name, name.casefold(), name.lower(), name.upper()):
            for form in ("NFC", "NFD"):
                word = unicodedata.normalize(form, spelt)
                for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
                    yield Needle(trace, word.encode(encoding), encoding, spelt == name)
                yield Needle(trace, json.dumps(word)[1:-1].encode(), "utf-8", spelt == name)


class Search:
    """Finds all of many needles in one pass; those of less than four bytes in texts only, elsewhere chance makes them.

    Two tables of pairs of bytes tell where a needle's first four bytes may stand; only there is it compared.
    """

    def __init__(self, wanted: tuple[Needle, ...]) -> None:
        self._short = [needle for needle in wanted if needle.is_short]
        self._by_anchor: dict[bytes, list[Needle]] = defaultdict(list)
        self._first, self._second = np.zeros(1 << 16, np.bool_), np.zeros(1 << 16, np.bool_)
        for needle in wanted:
            if not needle.is_short:
                anchor = needle.text[needle.anchor : needle.anchor + _ANCHOR_BYTES]
                self._by_anchor[anchor].append(needle)
                self._first[int.from_bytes(anchor[:2], "little")] = True
                self._second[int.from_bytes(anchor[2:], "little")] = True
        self.longest = max((len(needle.text) for needle in wanted), default=0)

    def find(self, data: bytes, encoding: Encoding) -> Iterator[tuple[int, Needle]]:
        """Where needles begin that count."""
        is_text = bool(encoding)
        for at in self._candidates(data):
            for needle in self._by_anchor.get(data[at : at + _ANCHOR_BYTES], ()):
                begin = at - needle.anchor
                if {needle.encoding, encoding} == _EITHER:
                    continue  # the one reads as the other, a byte further on
                if begin >= 0 and data.startswith(needle.text, begin) and _counts(needle, data, begin, is_text):
                    yield begin, needle
        for needle in [one for one in self._short if is_text and one.encoding in ("", encoding)]:
            begin = data.find(needle.text)
            while begin >= 0:
                if _counts(needle, data, begin, is_text):
                    yield begin, needle
                begin = data.find(needle.text, begin + 1)

    def _candidates(self, data: bytes) -> Iterator[int]:
        for shift in (0, 1) if len(data) >= _ANCHOR_BYTES and self._by_anchor else ():
            pairs = np.frombuffer(data, "<u2", max(len(data) - shift, 0) // 2, shift)
            heads = np.flatnonzero(self._first.take(pairs[:-1]))
            yield from (2 * heads[self._second.take(pairs[heads + 1])] + shift).tolist()


def _counts(needle: Needle, data: bytes, begin: int, is_text: bool) -> bool:
    end = begin + len(needle.text)
    return needle.counts(data[max(begin - CONTEXT_BYTES, 0) : begin], data[end : end + CONTEXT_BYTES], is_text)
