"""A home gets new keys: everything opens with them, nothing with the old ones, and what dies is gone on with."""

import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from sqlalchemy import LargeBinary, select, text
from tests.support.faces import ALL, MODEL, HandClock, axis, kept, like
from tests.support.killing import killed

from mien.domain.errors import GalleryError, StoreError
from mien.domain.events import CameraLost
from mien.domain.people.consent import NewConsent
from mien.domain.people.sightings import SightedView, Sighting
from mien.store.accounts import NewKey
from mien.store.departures import Departure, Departures, Marks
from mien.store.journal import PersonName
from mien.store.media import FolderMedia
from mien.store.sql import tables
from mien.store.sql.accounts.accounts import SqlAccounts
from mien.store.sql.database import Database
from mien.store.sql.events import SqlEvents
from mien.store.sql.outputs import SqlOutputs
from mien.store.sql.people.consents import SqlConsents
from mien.store.sql.people.journal import SqlJournal
from mien.store.sql.people.people import SqlPeople
from mien.store.sql.people.sightings import SqlSightings
from mien.store.sql.readings import SqlReadings
from mien.store.sql.rotation import Rotation
from mien.store.sql.sealed import SEALED
from mien.store.vault.keys import EnvironmentKey, KeyFile, encoded
from mien.store.vault.vault import new_key
from mien.store.vectors.sieved import SievedIndex
from mien.store.vectors.snapshot import Snapshots

PLAIN = {
    tables.keys.c.wrapped,
    *(tables.readings.c[name] for name in ("box", "landmarks", "probabilities", "pose")),
    *(tables.expression_rollups.c[name] for name in ("winners", "probabilities")),
    tables.events.c.probabilities,
}
FACE = np.full((112, 112, 3), 77, np.uint8)


class Home:
    """A home on the disk whose owner's key is in a file, opened as a process would."""

    def __init__(self, folder):
        self.folder = folder
        self.place = KeyFile(folder / "owner.key")
        self.database = self.open()
        self.media = FolderMedia(folder / "home" / "media", self.database.vault)
        self.departures = Departures(folder / "home" / "departures", self.database.vault)

    def open(self, place=None):
        return Database.open_file(self.folder / "home" / "mien.sqlite3", lambda _: place or self.place)

    def reseal_files(self):
        self.departures.reseal()
        self.media.reseal()

    def rotate(self, given=None, database=None):
        return Rotation(database or self.database, self.reseal_files).rotate(given, wait=lambda _: None)

    @property
    def files(self):
        return b"".join(path.read_bytes() for path in (self.folder / "home").rglob("*") if path.is_file())


@pytest.fixture
def home(tmp_path, clock):
    home = Home(tmp_path)
    people = SqlPeople(home.database)
    ann = people.add_person("Ann Lee", [kept(axis(0), digest="d", crop=home.media.save(FACE))], clock.now(), ALL)
    people.add_person("Bob", [kept(axis(n)) for n in range(1, 9)], clock.now(), ALL)
    given = NewConsent(frozenset({"keep"}), "3", "signed", text="What was agreed to.")
    SqlConsents(home.database).give(ann.person_id, given, clock.now())
    SqlJournal(home.database).apply("rename", [PersonName(ann.person_id, "Ann Rowe")], clock.now())
    view = SightedView(like(axis(0), 0.5), MODEL, 0.5, "")
    SqlSightings(home.database).add(Sighting("door", 1, "unknown", "", 0.5, clock.now(), clock.now()), [view])
    SqlEvents(home.database).append([CameraLost("lost", clock.now(), "yard", "yard cannot be opened")])
    SqlOutputs(home.database).note("analysis", tmp_path, clock.now())
    accounts = SqlAccounts(home.database)
    admin = accounts.add_first("Root", clock.now(), "hash")
    accounts.add_key(admin.account_id, NewKey("digest", "mien_a", "a script", frozenset({"read"})), clock.now())
    home.database.inner_key("audit")
    home.departures.keep(Departure(Marks(("Zed",), ("person-0009",), ()), {}, "a"))
    yield home
    home.database.close()


@pytest.fixture
def clock():
    return HandClock()


def everything(home, database, clock):
    """What is kept, opened."""
    people = SqlPeople(database)
    media = FolderMedia(home.folder / "home" / "media", database.vault)
    departures = Departures(home.folder / "home" / "departures", database.vault)
    return (
        people.people(),
        people.pictures(),
        [one.vector.tobytes() for one in people.templates()],
        [SqlConsents(database).of(one.person_id) for one in people.people()],
        SqlJournal(database).changes(),
        SqlSightings(database).latest(9),
        [one.vector.tobytes() for one in SqlSightings(database).views(1)],
        SqlEvents(database).latest(9),
        SqlOutputs(database).still_there(),
        SqlAccounts(database).accounts(),
        SqlAccounts(database).keys(),
        database.inner_key("audit"),
        [media.load(name).tobytes() for name in media.names()],
        list(departures.all()),
    )


def test_every_column_of_bytes_is_sealed_anew_or_known_to_be_plain():
    columns = {one for table in tables.metadata.tables.values() for one in table.c if isinstance(one.type, LargeBinary)}
    assert columns == {one.column for one in SEALED} | PLAIN


def test_everything_opens_with_the_new_key_and_nothing_with_the_old_one(home, clock):
    before, owner = everything(home, home.database, clock), home.place.read()
    old = home.database.vault.seal(b"old", b"x")

    record = home.rotate()

    assert home.place.read() != owner and record.number == 2
    assert home.database.key_record() == record
    with home.open() as opened:
        assert everything(home, opened, clock) == before
        assert SqlPeople(opened).named("ann rowe").name == "Ann Rowe"
        assert SqlAccounts(opened).named("ROOT") and SqlAccounts(opened).key("digest", clock.now())
        SqlReadings(opened).start_run("yard", clock.now())
        with pytest.raises(GalleryError):
            SqlPeople(opened).add_person("bob", [], clock.now())
        with pytest.raises(StoreError, match="another key"):
            opened.vault.open(old, b"x")
        with opened.reading() as connection:
            assert len(connection.execute(select(tables.keys)).all()) == 1
            assert len(connection.execute(select(tables.cameras)).all()) == 2, "the yard is the one that it was"
            marks = [bytes(value)[:4] for one in SEALED for value in connection.scalars(select(one.column)) if value]
    assert set(marks) == {b"\0\0\0\2"}
    KeyFile(home.folder / "old.key").write(owner)
    with pytest.raises(StoreError, match="not with the key that is there"):
        home.open(KeyFile(home.folder / "old.key"))


def test_who_meets_the_new_key_before_looking_for_it_takes_it_up(home, clock):
    with home.open() as other:
        before = everything(home, other, clock)
        home.rotate()
        assert other.vault.newest == 1
        assert everything(home, other, clock) == before


@pytest.mark.parametrize(
    "look",
    [
        lambda one: SqlEvents(one).latest(9, "yard"),
        lambda one: SqlSightings(one).of_track("door", 1),
        lambda one: SqlAccounts(one).named("root")[:1],
    ],
)
def test_a_name_is_found_by_who_has_not_heard_of_the_new_key(home, look):
    with home.open() as other:
        home.rotate()
        assert other.vault.newest == 1 and len(look(other)) == 1


def test_no_key_goes_before_what_replaces_it_is_on_the_disk(home, monkeypatch):
    """The owner's former key stays until the last transaction is over; those that bring keys in and out are synced."""
    former, seen = home.place.read(), []
    writing, end_others = Database.writing, KeyFile.end_others

    def watched(database, *, is_lasting=False):
        seen.append(("transaction", is_lasting, home.place.all()))
        return writing(database, is_lasting=is_lasting)

    monkeypatch.setattr(Database, "writing", watched)
    monkeypatch.setattr(
        KeyFile, "end_others", lambda place, key: (seen.append(("ended", True, place.all())), end_others(place, key))
    )
    home.rotate()

    assert next(is_lasting for what, is_lasting, _ in seen if what == "transaction")
    (*_, last, ended) = seen
    assert (last[:2], ended[0]) == (("transaction", True), "ended")
    assert all(former in keys for _, _, keys in seen) and home.place.all() == (last[2][0],)


def test_a_lasting_transaction_is_synced_and_others_are_now_and_then(home):
    for is_lasting, level in ((True, 2), (False, 1), (True, 2)):
        with home.database.writing(is_lasting=is_lasting) as connection:
            assert connection.execute(text("PRAGMA synchronous")).scalar_one() == level


def test_a_copy_of_database_and_pictures_yields_nothing_without_the_key(home):
    home.database.compact()
    raw = home.files
    for trace in (
        b"Ann",
        b"Bob",
        b"Zed",
        b"form 17",
        b"door",
        b"yard",
        b"\x89PNG",
        b"IHDR",
        b"picture",
        axis(3).tobytes()[:64],
    ):
        assert trace not in raw.replace(b"pictures", b"").replace(b"picture_", b"").replace(b"of_a_picture", b""), trace


@pytest.mark.parametrize("moment", ["_renew_name_keys", "_reseal_batch", "_change_owner", "_end", "write"])
def test_what_dies_is_gone_on_with(home, clock, monkeypatch, moment):
    before, owner = everything(home, home.database, clock), home.place.read()

    def die(*_):
        raise StoreError("the power is gone")

    with monkeypatch.context() as patched:
        patched.setattr(KeyFile if moment == "write" else Rotation, moment, die)
        with pytest.raises(StoreError, match="power"):
            home.rotate()
    with home.open() as opened:
        assert everything(home, opened, clock) == before, "the home is open as ever"
        assert SqlPeople(opened).named("Ann Rowe")
        home.media, home.departures = (
            FolderMedia(home.folder / "home" / "media", opened.vault),
            Departures(home.folder / "home" / "departures", opened.vault),
        )
        assert home.rotate(database=opened).number == 2
    with home.open() as opened:
        assert everything(home, opened, clock) == before and home.place.read() != owner
        with opened.reading() as connection:
            assert len(connection.execute(select(tables.keys)).all()) == 1
            assert not opened.fact("rotating")


def test_a_process_that_runs_takes_the_new_key_up(home, clock):
    with home.open() as running:
        people = SqlPeople(running)
        home.rotate()
        people.revision()
        assert people.named("Ann Rowe").name == "Ann Rowe"
        people.add_person("Cy", [], clock.now())
    assert SqlPeople(home.database).named("cy").name == "Cy"


def test_a_key_that_the_environment_gives_is_changed_by_whoever_gives_it(home, clock):
    first, second = home.place.read(), new_key()
    before = everything(home, home.database, clock)
    home.database.close()
    with home.open(EnvironmentKey(encoded(first))) as opened:
        with pytest.raises(StoreError, match="the variable MIEN_KEY: the new one has to come by MIEN_NEW_KEY"):
            home.rotate(database=opened)
        with pytest.raises(StoreError, match="is the one that is in use"):
            home.rotate(first, opened)
        home.media, home.departures = (
            FolderMedia(home.folder / "home" / "media", opened.vault),
            Departures(home.folder / "home" / "departures", opened.vault),
        )
        assert home.rotate(second, opened).number == 2
    with home.open(EnvironmentKey(encoded(second))) as opened:
        assert everything(home, opened, clock) == before
    with pytest.raises(StoreError, match="not with the key"):
        home.open(EnvironmentKey(encoded(first)))


def test_what_is_killed_at_any_moment_is_gone_on_with(home, clock):
    SqlPeople(home.database).add_person("Cy", [kept(axis(n % 60)) for n in range(1500)], clock.now())
    before = everything(home, home.database, clock)
    home.database.close()

    def rotate():
        with home.open() as opened:
            home.media = FolderMedia(home.folder / "home" / "media", opened.vault)
            home.departures = Departures(home.folder / "home" / "departures", opened.vault)
            home.rotate(database=opened)

    began_s = time.perf_counter()
    rotate()
    taken_s = time.perf_counter() - began_s
    kills = sum(killed(rotate, taken_s * share) for share in np.linspace(0.03, 0.8, 10))
    with home.open() as opened:
        assert everything(home, opened, clock) == before
    assert kills, "else nothing is shown"
    rotate()
    with home.open() as opened:
        assert everything(home, opened, clock) == before
        with opened.reading() as connection:
            assert len(connection.execute(select(tables.keys)).all()) == 1


class Beside(Home):
    """The same home as another process has it open."""

    def __init__(self, home):
        super().__init__(home.folder)
        self.snapshots = Snapshots(home.folder / "home" / "index", self.database.vault)


@pytest.fixture
def beside(home):
    beside = Beside(home)
    yield beside
    beside.database.close()


def departing(key):
    return Departure(Marks(("Yan",), ("person-0008",), ()), {}, key)


def test_what_a_process_writes_that_has_not_heard_of_the_new_key_is_not_lost(home, beside):
    home.rotate()
    assert beside.database.vault.newest == 1
    name = beside.media.save(FACE)
    home.rotate()
    assert beside.database.vault.newest == 2
    beside.departures.keep(departing("b"))
    home.rotate()
    index = SievedIndex()
    index.add(np.arange(3), np.eye(3, 512, dtype=np.float32))
    beside.snapshots.write(MODEL, index)

    with home.open() as opened:
        assert np.array_equal(FolderMedia(home.folder / "home" / "media", opened.vault).load(name), FACE)
        departures = Departures(home.folder / "home" / "departures", opened.vault)
        assert [one.key for one in departures.all()] == ["a", "b"]
        assert len(Snapshots(home.folder / "home" / "index", opened.vault).read(MODEL)) == 3


def test_a_picture_that_comes_into_its_place_after_a_rotation_is_not_lost(home, beside, monkeypatch):
    """It was sealed before the rotation began, which has looked for pictures and removed the old key since."""
    sealing, rotated = beside.database.vault.seal, []

    def seal(*given):
        sealed = sealing(*given)
        if len(rotated) < 2:
            rotated.append(home.rotate())
        return sealed

    monkeypatch.setattr(beside.database.vault, "seal", seal)
    name = beside.media.save(FACE)

    assert [one.number for one in rotated] == [2, 3]
    with home.open() as opened:
        assert np.array_equal(FolderMedia(home.folder / "home" / "media", opened.vault).load(name), FACE)


def test_a_departure_that_is_being_written_is_waited_for(home, beside, monkeypatch):
    sealing, rotating, resealing = beside.database.vault.seal, threading.Thread(target=home.rotate), threading.Event()
    reseal = home.reseal_files

    def seal(*given):
        sealed = sealing(*given)
        rotating.start()
        assert resealing.wait(10)
        rotating.join(0.3)
        return sealed

    monkeypatch.setattr(beside.database.vault, "seal", seal)
    monkeypatch.setattr(home, "reseal_files", lambda: (resealing.set(), reseal()))
    beside.departures.keep(departing("b"))
    rotating.join()

    with home.open() as opened:
        departures = Departures(home.folder / "home" / "departures", opened.vault)
        assert [one.key for one in departures.all()] == ["a", "b"]


def test_whoever_has_no_key_any_more_writes_nothing_that_nobody_can_read(home, clock):
    first = home.place.read()
    with home.open(EnvironmentKey(encoded(first))) as running:
        pictures = FolderMedia(home.folder / "home" / "media", running.vault)
        departures = Departures(home.folder / "home" / "departures", running.vault)
        before = set(home.media.names())
        home.rotate()
        for write in (lambda: pictures.save(FACE), lambda: departures.keep(departing("b"))):
            with pytest.raises(StoreError, match="not with the key that is there"):
                write()
    assert set(home.media.names()) == before
    assert [one.key for one in home.departures.all()] == ["a"]


def test_a_picture_is_not_kept_where_the_key_is_lost_while_it_is_written(home, monkeypatch):
    first, before = home.place.read(), set(home.media.names())
    with home.open(EnvironmentKey(encoded(first))) as running:
        sealing = running.vault.seal
        monkeypatch.setattr(running.vault, "seal", lambda *given: (sealing(*given), home.rotate())[0])
        with pytest.raises(StoreError, match="not with the key that is there"):
            FolderMedia(home.folder / "home" / "media", running.vault).save(FACE)
    assert set(home.media.names()) == before


WRITING = """
import sys
from pathlib import Path
import numpy as np
from mien.store.departures import Departure, Departures, Marks
from mien.store.media import FolderMedia
from mien.store.sql.database import Database
from mien.store.vault.keys import KeyFile

folder = Path(sys.argv[1])
with Database.open_file(folder / "home" / "mien.sqlite3", lambda _: KeyFile(folder / "owner.key")) as database:
    media = FolderMedia(folder / "home" / "media", database.vault)
    departures = Departures(folder / "home" / "departures", database.vault)
    print("ready", flush=True)
    while not (folder / "stop").exists():
        departures.keep(Departure(Marks(("Yan",), ("person-0008",), ()), {}, "b"))
        print(media.save(np.full((112, 112, 3), 77, np.uint8)), flush=True)
"""


def test_what_others_write_during_rotations_is_not_lost(home):
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITING, home.folder], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for one in writers:
        assert one.stdout.readline() == "ready\n"
    for _ in range(4):
        home.rotate()
    (home.folder / "stop").touch()
    names = [name for one in writers for name in one.communicate()[0].split()]

    assert [one.returncode for one in writers] == [0, 0] and len(names) > 8
    with home.open() as opened:
        media = FolderMedia(home.folder / "home" / "media", opened.vault)
        assert all(np.array_equal(media.load(name), FACE) for name in names)
        assert [one.key for one in Departures(home.folder / "home" / "departures", opened.vault).all()] == ["a", "b"]


def test_a_departure_that_ends_while_it_would_be_sealed_anew_stays_ended(home, beside, monkeypatch):
    ending = threading.Thread(target=lambda: beside.departures.end(departing("a")))
    opening = home.database.vault.open

    def read(sealed, context):
        if context == b"departure":
            ending.start()
            ending.join(0.2)
        return opening(sealed, context)

    monkeypatch.setattr(home.database.vault, "open", read)
    home.rotate()
    ending.join()
    assert list(beside.departures.all()) == []


def test_somebody_is_found_by_name_by_who_has_not_heard_of_the_new_key(home, beside):
    home.rotate()
    assert SqlPeople(beside.database).named("ann rowe").name == "Ann Rowe"


def test_a_key_is_not_taken_back_by_a_look_at_what_was(home, beside, monkeypatch):
    """A transaction that began before the new key came sees the old one alone."""
    monkeypatch.setattr("mien.store.sql.sqlite.SCRUB_TIMEOUT_S", 0.05)  # it is in the way
    with beside.database.reading() as before:
        before.execute(select(tables.keys)).all()
        home.rotate()
        SqlPeople(beside.database).revision()
        assert beside.database.vault.newest == 2
        beside.database.renew_keys(before)
        assert beside.database.vault.newest == 2


def test_it_says_beforehand_how_much_is_sealed_anew(home, monkeypatch):
    with home.database.reading() as connection:
        values = sum(len(connection.scalars(select(one.column).where(one.is_there)).all()) for one in SEALED)
    rotation = Rotation(home.database, lambda: None)
    foreseen = rotation.foresee()
    assert (foreseen.record.number, foreseen.is_begun, foreseen.values) == (1, False, values)

    with monkeypatch.context() as patched:
        patched.setattr(Rotation, "_change_owner", lambda *_: (_ for _ in ()).throw(StoreError("the power is gone")))
        with pytest.raises(StoreError, match="power"):
            home.rotate()
    foreseen = rotation.foresee()
    assert (foreseen.record.number, foreseen.is_begun, foreseen.values) == (2, True, 0)
    assert list(home.media.outdated()) == []
