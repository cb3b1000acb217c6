"""What the audit log is able to say: its actions and facts are closed lists, so that no name gets into it.

A log that nobody can take a line out of must not hold what somebody may ask to be forgotten. People are named by their
ids, which are never given again and say nothing once the person is gone. A fact is a number, an id, a digest or a word
of a list here, or a moment; there is no kind of fact that could hold a text. Settings are told of by key, and of
cameras no more than whether it was one of them or all, for they may be called after people.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import get_args

from mien.domain.accounts import ROLES
from mien.privacy.purpose import Basis, PurposeName
from mien.store.journal import Fact

ACTIONS: frozenset[str] = frozenset(
    {
        "consent.given",
        "consent.withdrawn",
        "person.enrolled",
        "person.renamed",
        "person.merged",
        "person.split",
        "person.hidden",
        "person.shown",
        "person.ignored",
        "person.binned",
        "person.restored",
        "person.purged",
        "person.forgotten",
        "person.exported",
        "picture.added",
        "picture.moved",
        "picture.set-aside",
        "picture.vouched",
        "picture.binned",
        "picture.restored",
        "picture.purged",
        "stranger.promoted",
        "stranger.assigned",
        "stranger.discarded",
        "gallery.exported",
        "history.exported",
        "gallery.imported",
        "gallery.calibrated",
        "gallery.reembedded",
        "gallery.rescored",
        "gallery.cleaned",
        "change.undone",
        "retention.purged",
        "purpose.declared",
        "expression.refused",
        "key.created",
        "key.rotated",
        "account.made",
        "account.changed",
        "account.removed",
        "account.entered",
        "account.passed",
        "account.refused",
        "account.unjudged",
        "key.issued",
        "key.revoked",
        "settings.changed",
        "model.accepted",
        "service.restarted",
        "log.resumed",
    }
)

_PERSON = re.compile(r"(?:person|unknown)-\d{4,}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00", re.ASCII)
_ACTOR = re.compile(r"(?:uid|account):\d+|local|system|visitor")
SECTIONS = (
    *("home", "cache", "models_mirror", "runtime", "capture", "detection", "recognition", "emotion", "quality"),
    *("liveness", "pose", "accepted_models", "tracking", "following", "cadence", "smoothing", "matching", "enrolment"),
    *("depth", "events", "encryption", "privacy", "service", "cameras"),
)
"""What the keys of settings begin with."""

_SETTING = re.compile(rf"(?:cameras\.\*|(?!cameras\b)(?:{'|'.join(SECTIONS)}))(?:\.[a-z_]+){{0,3}}")
_MOST_COUNTED = 2**53  # what every reader of JSON takes for the same number


def _is_person(value: object) -> bool:
    return isinstance(value, str) and bool(_PERSON.fullmatch(value))


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and bool(_DIGEST.fullmatch(value))


def _is_moment(value: object) -> bool:
    return isinstance(value, str) and bool(_MOMENT.fullmatch(value))


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < _MOST_COUNTED


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return -_MOST_COUNTED < value < _MOST_COUNTED


def _is_claim(value: object) -> bool:
    return isinstance(value, bool)


def _is_settings(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(one, str) and bool(_SETTING.fullmatch(one)) for one in value)


def _one_of(*words: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and value in words


def _some_of(*words: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, tuple) and all(isinstance(one, str) and one in words for one in value)


_KEPT = (
    "pictures",
    "templates",
    "tracks",
    "readings",
    "rollups",
    "sightings",
    "events",
    "exports",
    "outputs",
    "files",
    "bytes",
)
_COUNTED = ("people", "strangers", *_KEPT, "records", "clusters", "proposed", "journal", "picture", "missing")
_MEASURED = ("threshold", "stranger_threshold", "false_match_rate", "hours", "days")
_CLAIMED = ("is_dry_run", "is_interrupted", "is_encrypted", "is_verified", "is_overruled", "is_reset")
FACTS: Mapping[str, Callable[[object], bool]] = MappingProxyType(
    {
        **dict.fromkeys((*_COUNTED, "version", "account", "failures", "attempts"), _is_count),
        **dict.fromkeys(_MEASURED, _is_number),
        **dict.fromkeys(("merged_into", "split_from", "moved_from", "moved_to"), _is_person),
        **dict.fromkeys(("digest", "reference", "receipt", "evidence"), _is_digest),
        **dict.fromkeys(_CLAIMED, _is_claim),
        "settings": _is_settings,
        "scopes": _some_of("identify", "expression", "keep"),
        "purpose": _one_of(*get_args(PurposeName)),
        "basis": _one_of(*get_args(Basis)),
        "key_from": _one_of("environment", "file", "keyring", "memory", "folder"),
        "undone": _one_of(*ACTIONS),
        "how": _one_of("setup", "password", "face", "signup"),
        "why": _one_of("left", "full", "waiting"),
        "presence": _one_of("challenged", "vouched"),
        "role": _one_of(*ROLES),
        "exported": _one_of("report", "readings", "emotion_results", "events", "timelines"),
        "format": _one_of("html", "csv", "jsonl", "parquet"),
        "whom": _one_of("chosen", "everybody"),
        "cameras": _one_of("one", "all"),
        **dict.fromkeys(("begins", "ends"), _is_moment),
        "cause": _one_of("torn", "damaged", "cut", "headless"),
        "kind": _one_of(
            "stranger_crops",
            "stranger_templates",
            "sightings",
            "readings",
            "rollup_minutes",
            "rollups",
            "events",
            "exports",
            "bin",
            "runs",
            "cameras",
            "consent",
            "leftovers",
        ),
    }
)
"""What may be told beside an action, and the test its value has to pass."""


def check_words(action: str, people: tuple[str, ...], facts: Mapping[str, Fact], actor: str = "system") -> None:
    """Raise ValueError, which shows the caller's mistake and not the value, where the log has no word for something."""
    if action not in ACTIONS:
        raise ValueError(f"the audit log knows no action {action!r}")
    if not all(map(_is_person, people)):
        raise ValueError(f"{action}: the audit log names people by their ids alone")
    if not _ACTOR.fullmatch(actor):
        raise ValueError(f"{action}: an actor is uid:N, account:N, visitor, local or system")
    for key, value in facts.items():
        if key not in FACTS:
            raise ValueError(f"{action}: the audit log knows no fact {key!r}")
        if not FACTS[key](value):
            raise ValueError(f"{action}: {key} is of another kind than the audit log takes")
