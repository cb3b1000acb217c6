"""What people may ask for: consent, forgetting, an export of what is kept; and what answers for it: purges and keys."""

from collections.abc import Iterator, Mapping
from functools import cache

from filelock import FileLock, Timeout

from mien.domain.accounts import acting
from mien.domain.clock import Clock
from mien.domain.errors import StoreError
from mien.engine.upkeep import MINUTE_S, Upkeep
from mien.privacy.audit.entry import Entry
from mien.privacy.audit.trail import AuditTrail
from mien.privacy.consent import ConsentRegister
from mien.privacy.exporting import PersonalExport
from mien.privacy.forgetting.forgetting import Forgetting
from mien.privacy.forgetting.own_words import Own
from mien.privacy.forgetting.verification import Verification, Verified
from mien.privacy.purging import Purging
from mien.privacy.sweeping import Sweep
from mien.results.history.exporting import HistoryExport
from mien.settings.tree import Settings
from mien.store.departures import Marks
from mien.store.media import FolderMedia
from mien.store.sql.rotation import Foreseen, Rotation
from mien.store.sql.unlocking import KeyRecord
from mien.wiring.people import build_registry, build_roster, build_timeline_search
from mien.wiring.stores import AUDIT_KEY, Stores, build_audit


def build_forgetting(stores: Stores, clock: Clock, *, is_beside_others: bool = False) -> Forgetting:
    """What forgets people, where no other thread of this process keeps any unless it ``is_beside_others``."""
    sweep = Sweep(stores, clock) if is_beside_others else Sweep(stores, clock, stores.database.is_alone)
    return _forgetting(stores, clock, sweep, build_audit(stores, clock))


def _forgetting(stores: Stores, clock: Clock, sweep: Sweep, trail: AuditTrail) -> Forgetting:
    key = stores.database.inner_key(AUDIT_KEY)

    def is_entry(line: bytes) -> bool:
        try:
            return bool(Entry.read(line, key))
        except ValueError:
            return False

    def look_for(marks: Marks, borne: tuple[str, ...]) -> Verified:
        database = stores.database
        own = Own(database.own_texts(), _settings_words(), is_entry)
        verification = Verification(stores.home, own, sweep.left_over())
        return verification.look_for(marks, stores.people.readable((*marks.names, *borne)), database.texts(), borne)

    return Forgetting(stores, build_roster(stores), trail, look_for, clock, sweep)


@cache
def _settings_words() -> tuple[str, ...]:
    return tuple(_spelt(Settings.model_json_schema()))


def _spelt(schema: object) -> Iterator[str]:
    """How settings, and words that may be given to them, are written in YAML."""
    if isinstance(schema, Mapping):
        yield from (f"{name}:" for name in schema.get("properties", ()))
        yield from (f": {word}" for word in (*schema.get("enum", ()), *filter(None, (schema.get("const"),))))
    inner = schema.values() if isinstance(schema, Mapping) else schema if isinstance(schema, list) else ()
    yield from (one for value in inner for one in _spelt(value))


def build_purging(settings: Settings, stores: Stores, clock: Clock, actor: str | None = None) -> Purging:
    """What lets go of what has been kept long enough; the audit log has it done by whoever is at work, or an actor."""
    trail = build_audit(stores, clock, actor)
    forgetting = _forgetting(stores, clock, Sweep(stores, clock), trail)
    return Purging(settings.privacy.retention, stores, trail, clock, forgetting.complete)


def build_upkeep(settings: Settings, stores: Stores, clock: Clock) -> Upkeep:
    """What purges as a matter of course, beside other work; nobody asked for it."""
    purging = build_purging(settings, stores, clock, "system")

    def purge() -> None:
        with acting("system"):
            if (error := purging.purge().unfinished) is not None:
                raise error

    return Upkeep(purge)


def build_lapsing(settings: Settings, stores: Stores, clock: Clock) -> Upkeep:
    """What lets go of what expired consent covered, within a minute, beside other work."""
    purging = build_purging(settings, stores, clock, "system")

    def lapse() -> None:
        with acting("system"):
            purging.lapse()

    return Upkeep(lapse, MINUTE_S)


def build_consents(stores: Stores, clock: Clock) -> ConsentRegister:
    """What gives and withdraws consent."""
    return ConsentRegister(build_roster(stores), build_registry(stores, clock), stores.snapshots)


def build_personal_export(stores: Stores, clock: Clock) -> PersonalExport:
    """What writes down everything that is kept of a person."""
    return PersonalExport(stores, build_roster(stores), build_audit(stores, clock), clock)


def build_history_export(settings: Settings, stores: Stores, clock: Clock) -> HistoryExport:
    """What writes out readings, events and reports of a range of time; needs no model."""
    timelines = build_timeline_search(settings, stores, clock)
    return HistoryExport(stores, build_audit(stores, clock), timelines, settings.privacy, clock, settings.cameras)


def foresee_rotation(stores: Stores, given: bytes | None = None) -> tuple[Foreseen, int]:
    """What a rotation would do, and how many pictures it would seal anew; StoreError where it would be refused."""
    foreseen, media = Rotation(stores.database, lambda: None).foresee(given), stores.media
    pictures = media.outdated() if foreseen.is_begun and isinstance(media, FolderMedia) else media.names()
    return foreseen, sum(1 for _ in pictures)


def rotate_keys(settings: Settings, stores: Stores, clock: Clock, given: bytes | None = None) -> tuple[KeyRecord, int]:
    """Give the home a new key and its owner another one, and how many damaged pictures were passed over.

    Raises StoreError, after which it can be gone on with.
    """
    media, snapshots, departures = stores.media, stores.snapshots, stores.departures

    def reseal_files() -> None:
        snapshots.discard()
        departures.reseal()
        if isinstance(media, FolderMedia):
            media.reseal()

    try:
        with FileLock(settings.home / "rotation.lock", timeout=0):  # stays: who removes it gives others another one
            record = Rotation(stores.database, reseal_files).rotate(given)
            build_audit(stores, clock).catch_up()
    except Timeout as error:
        raise StoreError("another process changes the key of this home") from error
    return record, sum(1 for _ in media.outdated()) if isinstance(media, FolderMedia) else 0
