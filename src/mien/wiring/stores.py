"""What a home holds, opened."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from mien.domain.clock import Clock, SystemClock
from mien.privacy.audit.head import FileHead, NotedHead
from mien.privacy.audit.log import AuditLog
from mien.privacy.audit.trail import AuditTrail
from mien.privacy.lapsing import Lapsing
from mien.settings.tree import Settings
from mien.store.departures import Departures
from mien.store.home import Home
from mien.store.media import FolderMedia
from mien.store.records import Records
from mien.store.sql.accounts.accounts import SqlAccounts
from mien.store.sql.calibrations import SqlCalibrations
from mien.store.sql.database import PLAIN_MEDIA, Database
from mien.store.sql.events import SqlEvents
from mien.store.sql.history.rollups import SqlRollups
from mien.store.sql.moving.transfer import SqlTransfers
from mien.store.sql.outbox import SqlOutbox
from mien.store.sql.outputs import SqlOutputs
from mien.store.sql.people.consents import SqlConsents
from mien.store.sql.people.journal import SqlJournal
from mien.store.sql.people.people import SqlPeople
from mien.store.sql.people.sightings import SqlSightings
from mien.store.sql.readings import SqlReadings
from mien.store.sql.retention import SqlRetention
from mien.store.sql.unlocking import FindKey
from mien.store.vault.keys import EncryptionSettings, MemoryKey, key_finder
from mien.store.vectors.snapshot import Snapshots

AUDIT_KEY = "audit"
"""The inner key by which the audit log of a home is sealed."""


@dataclass(frozen=True, slots=True)
class Stores(Records):
    """Everything under the home folder, and the database in which most of it stands."""

    database: Database


@dataclass(frozen=True, slots=True)
class Keys:
    """Finds the keys of homes. One that is in memory alone is there as long as this is."""

    _found: dict[tuple[EncryptionSettings, Path], FindKey] = field(default_factory=dict)

    def finder(self, settings: Settings) -> FindKey:
        """What finds that of the home in the settings; raises as `key_finder` does."""
        where = settings.encryption, settings.home
        if where not in self._found:
            self._found[where] = key_finder(*where)
        return self._found[where]


def build_stores(settings: Settings, stack: ExitStack, *, lapses: bool = True, keys: Keys | None = None) -> Stores:
    """The database and the pictures of the home, made where there are none, without what consent covers no more.

    Such a thing is there still where it is not to be let go of by opening (``lapses``). Raises StoreError, and
    SettingsError where its key cannot be where it is said to be.
    """
    stores = _opened(Home(settings.home), (keys or Keys()).finder(settings), stack)
    if lapses:
        clock = SystemClock()
        trail = build_audit(stores, clock, "system")
        Lapsing(stores.consents, stores.media, stores.snapshots, trail.catch_up).lapse(clock.now())
    return stores


def build_audit(stores: Stores, clock: Clock, actor: str | None = None) -> AuditTrail:
    """What tells the log of what is done about the people of the home, and reads it; nothing is made by asking for it.

    Raises StoreError.
    """
    home, key = stores.home, stores.database.inner_key(AUDIT_KEY)
    head = NotedHead(FileHead(home.audit_head, key), stores.outbox.last_heard)
    return AuditTrail(AuditLog(home.audit, key, clock, head, actor), stores.outbox, clock)


def build_empty_stores(stack: ExitStack) -> Stores:
    """The stores of a home that nobody is in, which is gone with the stack, and its key with it."""
    folder = stack.enter_context(TemporaryDirectory(prefix="mien-nobody-"))
    return _opened(Home(Path(folder)), lambda _: MemoryKey(), stack)


def has_people(settings: Settings) -> bool:
    """Whether people have been kept in the home, so that it has a database and a key."""
    return Home(settings.home).database.exists()


def _opened(home: Home, find_key: FindKey, stack: ExitStack) -> Stores:
    database = stack.enter_context(Database.open_file(home.database, find_key))
    database.inner_key(AUDIT_KEY)  # made before anything is in the middle of a transaction
    media = FolderMedia(home.media, database.vault)
    if database.fact(PLAIN_MEDIA):
        media.seal_plain()
        database.compact()  # what stood in plain is still in pages that the upgrade let go of
        database.note_fact(PLAIN_MEDIA, "")
    return Stores(
        home,
        SqlPeople(database),
        SqlJournal(database),
        SqlOutbox(database),
        SqlConsents(database),
        SqlSightings(database),
        media,
        SqlReadings(database),
        SqlRollups(database),
        SqlEvents(database),
        SqlRetention(database),
        SqlTransfers(database),
        SqlCalibrations(database),
        SqlOutputs(database),
        SqlAccounts(database),
        Departures(home.departures, database.vault),
        Snapshots(home.index, database.vault),
        database,
    )
