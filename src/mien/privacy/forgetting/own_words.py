"""What mien itself writes into a home, whoever is kept there: words that say nothing of whoever is called like one."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import yaml

from mien.domain.people.consent import DECLARATION, DECLARED, REFUSED
from mien.privacy.audit.words import ACTIONS, FACTS
from mien.privacy.forgetting.needles import CONTEXT_BYTES, Needle, Sought

IDS = frozenset(
    {
        *("people.person_id", "people.name_key", "people.uid", "people.merged_into"),
        *("apart.person_id", "apart.other_id", "consents.person_id", "readings.person_id", "sightings.person_id"),
        "expression_rollups.person_id",
        *("pictures.person_id", "pictures.crop", "sighting_views.crop", "events.event_id", "events.person_id"),
        *("cameras.name_key", "keys.master", "tombstones.mark", "outbox.people", "outbox.facts", "sqlite_sequence.seq"),
        *("outbox.actor", "accounts.name_key", "accounts.password_hash", "accounts.person_id", "login_failures.who"),
        *("sessions.digest", "sessions.csrf_token", "api_keys.digest", "api_keys.begins"),
    }
)
"""Columns of ids, digests, numbers, and facts of the audit log: no name can be in them."""
WORDS = frozenset(
    {
        *("alembic_version.version_num", "sqlite_sequence.name", "counters.name", "facts.name", "inner_keys.name"),
        *("people.kind", "people.standing", "pictures.state", "templates.variant", "consents.scope", "changes.kind"),
        *("outbox.action", "outputs.kind", "events.kind", "sightings.identity", "readings.identity"),
        *("events.from_expression", "events.to_expression"),
        *("readings.detection_source", "readings.identity_source", "readings.emotion_source"),
        *("readings.valence_arousal_source", "readings.emotion", "readings.emotion_smoothed", "readings.liveness"),
        *("readings.quality_reason", "readings.liveness_reason", "expression_rollups.span"),
        *("accounts.role", "api_keys.scopes"),
    }
)
"""Columns in which only words stand that mien, or a model, has a closed list of."""
_MODELS = ("embedding_models.", "label_sets.", "calibrations.", "pictures.judge")
"""Where texts are what models, and what they tell apart, are called."""
STEPS = "changes.steps "
"""Where what was sealed is opened to ids alone."""
FORGOTTEN = b"forgotten"
"""What mien puts in place of a name that it takes out."""
SEALED = (FORGOTTEN, DECLARATION.encode(), REFUSED.encode())
"""What mien puts into texts that it seals: in place of a name, and where nobody proves consent."""

SETTINGS = "mien.yaml"
_ALWAYS = (DECLARED.encode(), FORGOTTEN, b"person-", b"unknown-", b".face", *map(str.encode, (*ACTIONS, *FACTS)))
_FORMATS = (b"SQLite format 3", b"mien vectors 1\n", b"mien sealed 1\n")
_HEAD = re.compile(rb'\{"number": \d+, "hash": "[0-9a-f]{64}", "seal": "[0-9a-f]{64}"\}')
_PATHS = re.compile(
    r"mien\.(yaml|sqlite3(-wal|-shm|-journal)?)|(audit|departures|index|rotation)\.lock|audit\.jsonl|"
    r"audit\.head(\.partial)?|"
    r"media(/[0-9a-f]{2}(/[0-9a-f]{32}\.(face|partial|anew\.partial))?)?|exports|"
    r"index(/fence(\.partial)?|/[0-9a-f]{16}(\.vectors|\.[0-9a-f]{8}\.partial))?|"
    r"departures(/[0-9a-f]+(\.departure(\.partial)?|\.lock))?|models(/\.lock|/accepted\.json)?"
)


@dataclass(frozen=True, slots=True)
class Own:
    """What else mien itself has written.

    ``schema`` are the statements by which the database was made; ``settings`` how settings are spelt; ``is_entry``
    tells whether a line is an entry of the audit log, which has no way to hold a name.
    """

    schema: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    is_entry: Callable[[bytes], bool] = lambda _: False


class Innocence:
    """Tells which finds of names are but parts of longer texts that are mien's own."""

    def __init__(self, wanted: Iterable[Sought], texts: Iterable[bytes]) -> None:
        kept, names = [*dict.fromkeys((*_FORMATS, *texts))], [one for one in wanted if one.encoding == "utf-8"]
        self._texts: dict[bytes, list[tuple[int, bytes]]] = defaultdict(list)
        for text in kept:
            for at, found in (place for name in names for place in name.anywhere(text)):
                self._texts[found.text].append((at, text))
        longest = max((len(text) for found in self._texts.values() for _, text in found), default=0)
        self.around = longest + CONTEXT_BYTES
        """How far around a find is looked."""

    def covers(self, data: bytes, at: int, needle: Needle) -> bool:
        """Whether what was found there is innocent."""
        return any(
            at >= inside and data.startswith(text, at - inside) for inside, text in self._texts.get(needle.text, ())
        )


def is_of_models(place: str) -> bool:
    """Whether a column's texts are what models call something."""
    return place.startswith(_MODELS)


def database_words(texts: Iterable[tuple[str, bytes]]) -> set[bytes]:
    """The words of the texts of a database, each with its column, that are mien's or of models."""
    found = set(_ALWAYS)
    for place, text in texts:
        if place in WORDS:
            found.add(text)
        elif is_of_models(place):
            found.update((text, *text.splitlines()))
    return found - {b""}


def asked_for(settings: bytes) -> tuple[str, bytes]:
    """What people are asked to agree to by a file of settings, where it says so, and the file without that text."""
    text = settings.decode(errors="surrogateescape")
    try:
        node = yaml.compose(text, yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):  # whatever it says, nobody is asked by it
        return "", settings
    for name in ("service", "consent_text"):
        within = node.value if isinstance(node, yaml.MappingNode) else ()
        node = next((value for key, value in within if key.value == name), None)
    if not isinstance(node, yaml.ScalarNode):
        return "", settings
    without = f"{text[: node.start_mark.index]}\n{text[node.end_mark.index :]}"
    return node.value, without.encode(errors="surrogateescape")


def is_own_path(shown: str) -> bool:
    """Whether a path, relative to the home and with slashes, is called as mien calls what it puts there."""
    return bool(_PATHS.fullmatch(shown))


def is_head(text: bytes) -> bool:
    """Whether a text tells how long the audit log is, and nothing else."""
    return bool(_HEAD.fullmatch(text))
