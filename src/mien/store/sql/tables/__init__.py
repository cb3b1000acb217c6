"""The tables as the newest migration leaves them."""

from mien.store.sql.tables.entering import accounts, api_keys, login_failures, sessions
from mien.store.sql.tables.gallery import (
    apart,
    changes,
    consent_texts,
    consents,
    embedding_models,
    people,
    pictures,
    templates,
)
from mien.store.sql.tables.history import (
    cameras,
    events,
    expression_rollups,
    label_sets,
    readings,
    runs,
    sighting_views,
    sightings,
)
from mien.store.sql.tables.keeping import calibrations, counters, facts, inner_keys, keys, outbox, outputs, tombstones
from mien.store.sql.tables.kinds import BigId, UtcDateTime, metadata

__all__ = [
    "BigId",
    "UtcDateTime",
    "accounts",
    "apart",
    "api_keys",
    "calibrations",
    "cameras",
    "changes",
    "consent_texts",
    "consents",
    "counters",
    "embedding_models",
    "events",
    "expression_rollups",
    "facts",
    "inner_keys",
    "keys",
    "label_sets",
    "login_failures",
    "metadata",
    "outbox",
    "outputs",
    "people",
    "pictures",
    "readings",
    "runs",
    "sessions",
    "sighting_views",
    "sightings",
    "templates",
    "tombstones",
]
