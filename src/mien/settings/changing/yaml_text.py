"""The text of a settings file, changed key by key: comments, order, and all that is not meant stay as they are."""

import io
import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import CommentMark, YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString
from ruamel.yaml.tokens import CommentToken

from mien.settings.models import SHORTHANDS, spelt_out
from mien.settings.yaml_file import Place

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_NO_BREAKS = 1_000_000  # columns: lines that somebody wrote are not wrapped
_SHORTHAND_OF = {section: key for key, section in SHORTHANDS.items()}


class YamlText:
    """One file's text. Of keys that are spelt as shorthands the shorthand is changed."""

    def __init__(self, text: str) -> None:
        """Raises ValueError where the text is no YAML, or no keys with values."""
        self._yaml = YAML()
        self._yaml.preserve_quotes = True
        self._yaml.width = _NO_BREAKS
        self._foreword = ""
        try:
            root = self._yaml.load(text)
        except YAMLError as error:
            raise ValueError("is no YAML that can be changed from here") from error
        if root is None:
            root, self._foreword = CommentedMap(), text
        if not isinstance(root, CommentedMap):
            raise ValueError("expected keys with values, like 'detection:'")
        self._root = root
        mapping, offset = _indents(text)
        self._yaml.indent(mapping=mapping, sequence=offset + 2, offset=offset)

    def __str__(self) -> str:
        if not self._root:
            return self._foreword + _ahead(self._root).removeprefix("\n")
        written = io.StringIO()
        self._yaml.dump(self._root, written)
        gap = "" if not self._foreword or self._foreword.endswith("\n") else "\n"
        return self._foreword + gap + written.getvalue()

    def put(self, place: Place, value: Any) -> None:
        """Have a value stand at a place, whose sections are made where there are none."""
        owner, steps = self._owner(place)
        section, *rest = steps
        shorthand = _SHORTHAND_OF.get(section, "")
        if rest == ["model"] and _is_word(owner, shorthand):
            _put(owner, shorthand, value)
        else:
            inner = owner
            for step in steps[:-1]:
                inner = _section(inner, step)
            _put(inner, steps[-1], value)

    def remove(self, place: Place) -> None:
        """Have nothing stand at a place; the key of a section that holds nothing any more stays, for its comments."""
        owner, steps = self._owner(place)
        shorthand = _SHORTHAND_OF.get(steps[0], "")
        if steps[1:] == ["model"] and _is_word(owner, shorthand):
            steps = [shorthand]
        outer, inner = self._root, owner
        for step in steps[:-1]:
            value = _found(inner, step)[1]
            if not isinstance(value, CommentedMap):
                return
            outer, inner = inner, value
        _remove(inner, steps[-1])
        if not inner and inner is not outer:
            _empty(outer, next(key for key, value in outer.items() if value is inner))

    def _owner(self, place: Place) -> tuple[CommentedMap, list[str]]:
        """Where the sections are that a place leads through: the whole, or one camera, which is made if need be."""
        if place[0] != "cameras" or len(place) == 2:
            return self._root, list(place)
        return _section(_section(self._root, "cameras"), place[1]), list(place[2:])


def _indents(text: str) -> tuple[int, int]:
    """How far the first section of a text is indented, and the dashes of its first list."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    found: dict[bool, int] = {}
    for above, line in pairwise(lines):
        deeper = (len(line) - len(line.lstrip())) - (len(above) - len(above.lstrip()))
        is_list = line.lstrip().startswith("- ")
        if above.partition(" #")[0].rstrip().endswith(":") and deeper >= (0 if is_list else 1):
            found.setdefault(is_list, deeper)
    return found.get(False, 2), found.get(True, 0)


def _is_word(owner: Mapping[Any, Any], shorthand: str) -> bool:
    """Whether a model is named in one line."""
    key, value = _found(owner, shorthand)
    return key is not None and value is not None and not isinstance(value, Mapping)


def _found(owner: Mapping[Any, Any], step: str) -> tuple[Any, Any]:
    """A key, which YAML may read as a number, and what stands there; two times none where it does not stand there."""
    return next(((key, value) for key, value in owner.items() if str(key) == step), (None, None))


def _section(owner: CommentedMap, step: str) -> CommentedMap:
    """The section at a key, which is made where there is none; a model that was named in one line is in it."""
    key, value = _found(owner, step)
    if isinstance(value, CommentedMap):
        return value
    made = CommentedMap()
    if value is not None and step in SHORTHANDS:
        made["model"] = spelt_out({step: value})[SHORTHANDS[step]]["model"]
    if key is None:
        _append(owner, step, made)
    else:
        owner[key] = made
    return made


def _put(owner: CommentedMap, step: str, value: Any) -> None:
    key, before = _found(owner, step)
    if key is None:
        _append(owner, step, _scalar(value))
        return
    behind = _behind(owner, key) if isinstance(before, CommentedSeq) else ""
    owner[key] = _scalar(value)
    if behind:
        _put_behind(owner, key, behind)


def _append(owner: CommentedMap, step: str, value: Any) -> None:
    """Add a key at the end, before the comments there that belong to what follows the section."""
    last = next(reversed(owner), None) if owner else None
    behind = _behind(owner, last) if last is not None else ""
    column = owner.lc.col or 0
    own, following = _parted(behind, column)
    if own:
        _put_behind(owner, last, own)
    key = _scalar(step)
    owner[key] = value
    if following:
        _put_behind(owner, key, following)


def _parted(comments: str, column: int) -> tuple[str, str]:
    """Lines of comments up to the first one that stands further to the left than a column, and those from there."""
    lines = comments.splitlines(keepends=True)
    place = next(
        (n for n, line in enumerate(lines) if line.strip() and len(line) - len(line.lstrip()) < column), len(lines)
    )
    return "".join(lines[:place]), "".join(lines[place:])


def _remove(owner: CommentedMap, step: str) -> None:
    key, _ = _found(owner, step)
    if key is None:
        return
    keys = list(owner)
    before = keys[keys.index(key) - 1] if keys.index(key) else None
    behind = _behind(owner, key)
    del owner[key]
    owner.ca.items.pop(key, None)
    if behind and before is not None:
        _put_behind(owner, before, behind)
    elif behind:
        _put_ahead(owner, behind)


def _empty(owner: CommentedMap, key: Any) -> None:
    """Have nothing stand at the key of a section that holds nothing any more but comments."""
    comments = _ahead(owner[key])
    owner[key] = None
    if comments:
        owner.ca.items.setdefault(key, [None] * 4)[2] = CommentToken(comments, CommentMark(0), None)


def _ahead(section: CommentedMap) -> str:
    """The comments ahead of the first key of a section, from its own line on."""
    own, below = [*(section.ca.comment or ()), None, None][:2]
    return (own.value if own else "\n") + "".join(token.value for token in below or ())


def _put_ahead(section: CommentedMap, comments: str) -> None:
    """Put comments there, below those that are there."""
    held = section.ca.comment = section.ca.comment or [None, None]
    last = held[1][-1] if held[1] else held[0]
    if last is None:
        held[1] = [CommentToken(comments, CommentMark(0), None)]
    else:
        last.value += comments


def _slot(owner: CommentedMap, key: Any) -> tuple[dict[Any, Any], Any, int]:
    """Where the comment is kept that follows a key and all below it: with the last thing that is written there."""
    value = owner[key]
    if isinstance(value, CommentedMap) and value and not value.fa.flow_style():
        return _slot(value, next(reversed(value)))
    if isinstance(value, CommentedSeq) and value and not value.fa.flow_style():
        return value.ca.items, len(value) - 1, 0
    return owner.ca.items, key, 2


def _behind(owner: CommentedMap, key: Any) -> str:
    """Take away the lines of comments below a key, and give them back; what stands in its own line stays there."""
    items, at, place = _slot(owner, key)
    token = (items.get(at) or [None] * 4)[place]
    if token is None:
        return ""
    own, _, behind = token.value.partition("\n")
    if own.strip():
        token.value = f"{own}\n"
    else:
        items[at][place] = None
    return str(behind)


def _put_behind(owner: CommentedMap, key: Any, comments: str) -> None:
    items, at, place = _slot(owner, key)
    tokens = items.setdefault(at, [None] * 4)
    if tokens[place] is None:
        tokens[place] = CommentToken(f"\n{comments}", CommentMark(0), None)
    else:
        tokens[place].value += comments


def _scalar(value: Any) -> Any:
    """A value as it is written; texts so that every reader of YAML takes them for texts."""
    if isinstance(value, list):
        made = CommentedSeq(_scalar(one) for one in value)
        made.fa.set_flow_style()
        return made
    if not isinstance(value, str) or (_PLAIN.fullmatch(value) and yaml.safe_load(value) == value):
        return value
    return DoubleQuotedScalarString(value)
