"""The audit log: what it lets in, what it finds, and what becomes of it where a process dies."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mien.domain.accounts import acting
from mien.domain.errors import StoreError
from mien.privacy.audit.chain import verified
from mien.privacy.audit.entry import BEGINNING, Entry
from mien.privacy.audit.head import FileHead, Head
from mien.privacy.audit.log import AuditLog, local_actor
from mien.privacy.purpose import PrivacySettings
from mien.settings import Settings
from mien.wiring.privacy import answer_for_purpose, build_audit, verify_audit
from mien.wiring.rights import build_forgetting, build_personal_export, rotate_keys

KEY = b"k"


class MemoryHead:
    """A head that is lost with the process."""

    def __init__(self, head: Head | None = None) -> None:
        self.head = head

    def read(self) -> Head | None:
        return self.head

    def write(self, head: Head) -> None:
        self.head = head


class HandClock:
    def now(self) -> datetime:
        return datetime(2026, 5, 4, 12, 0, tzinfo=UTC)

    def monotonic_s(self) -> float:
        return 0.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "audit.jsonl"


@pytest.fixture
def head(tmp_path: Path) -> FileHead:
    return FileHead(tmp_path / "elsewhere" / "audit.head", KEY)


@pytest.fixture
def log(path: Path, head: FileHead) -> AuditLog:
    return AuditLog(path, KEY, HandClock(), head, "uid:7")


def written(count: int) -> list[bytes]:
    """The lines of a log of so many entries."""
    lines, previous = [], BEGINNING
    for number in range(1, count + 1):
        people = (f"person-{number:04d}",)
        entry = Entry(number, "2026-05-04T12:00:00.000+00:00", "person.binned", people, {}, "uid:7", previous)
        entry = entry.following(None, KEY)
        lines.append(entry.line())
        previous = entry.hash
    return lines


WHOLE = written(6)
HEAD = Head(6, Entry.read(WHOLE[-1].rstrip(b"\n"), KEY).hash)


def test_an_entry_says_what_was_done_by_whom_and_when(log: AuditLog, path: Path) -> None:
    log.append("person.enrolled", ("person-0003",), {"pictures": 3})
    log.append("consent.given", ("person-0003",), {"scopes": ("identify", "keep"), "evidence": "0" * 64})
    first, second = (json.loads(line) for line in path.read_text().splitlines())
    assert (first["number"], first["action"]) == (1, "person.enrolled")
    assert (first["people"], first["facts"], first["actor"]) == (["person-0003"], {"pictures": 3}, "uid:7")
    assert (first["at"], first["previous"]) == ("2026-05-04T12:00:00.000+00:00", BEGINNING)
    assert second["previous"] == first["hash"] and second["facts"]["scopes"] == ["identify", "keep"]
    assert log.verify().is_whole and log.verify().entries == 2
    assert [one.action for one in log.entries(last=1)] == ["consent.given"]
    latest = log.latest("person.enrolled")
    assert latest and latest.number == 1 and log.latest("key.rotated") is None
    assert os.name == "nt" or path.stat().st_mode & 0o777 == 0o600


def test_a_home_without_a_log_is_in_order_and_stays_without(log: AuditLog, path: Path) -> None:
    assert log.verify().is_whole and not list(log.entries()) and not path.parent.exists()


@pytest.mark.parametrize(
    ("action", "people", "facts"),
    [
        ("person.renamed", ("Ada Lovelace",), {}),
        ("person.renamed", ("person-0003 Ada",), {}),
        ("person.renamed", (), {"name": "Ada"}),
        ("person.renamed", (), {"pictures": "Ada"}),
        ("person.renamed", (), {"merged_into": "Ada"}),
        ("person.renamed", (), {"digest": "Ada"}),
        ("consent.given", (), {"scopes": ("identify", "Ada")}),
        ("purpose.declared", (), {"purpose": "Ada"}),
        ("person.renamed to Ada", (), {}),
        ("person.renamed", (), {"pictures": -1}),
        ("person.renamed", (), {"threshold": float("nan")}),
    ],
)
def test_there_is_no_place_for_a_name(log: AuditLog, path: Path, action: str, people: tuple[str, ...], facts) -> None:
    with pytest.raises(ValueError) as caught:
        log.append(action, people, facts)
    assert "Ada" not in str(caught.value) or "action" in str(caught.value)
    assert not path.exists()


def test_an_actor_is_a_number(path: Path) -> None:
    with pytest.raises(ValueError, match="actor"):
        AuditLog(path, KEY, HandClock(), MemoryHead(), "ada").append("key.rotated")
    AuditLog(path, KEY, HandClock(), MemoryHead()).append("key.rotated")
    (entry,) = AuditLog(path, KEY, HandClock(), MemoryHead()).entries()
    assert entry.actor == (f"uid:{os.getuid()}" if hasattr(os, "getuid") else "local")


@hypothesis_settings(max_examples=400, deadline=None)
@given(st.integers(0, sum(map(len, WHOLE)) - 1), st.integers(1, 255))
def test_any_changed_byte_is_found(place: int, change: int) -> None:
    text = bytearray(b"".join(WHOLE))
    text[place] ^= change
    verdict = verified(BytesIO(bytes(text)).readlines(), KEY)
    assert not verdict.is_whole
    number = b"".join(WHOLE)[:place].count(b"\n") + 1
    assert number <= verdict.line <= number + 1


@given(st.integers(0, len(WHOLE) - 1))
def test_any_removed_line_is_found_the_last_by_the_head(removed: int) -> None:
    left = WHOLE[:removed] + WHOLE[removed + 1 :]
    verdict = verified(left, KEY, [HEAD])
    assert verdict.line == removed + 1
    assert verified(left, KEY).is_whole == (removed == len(WHOLE) - 1)


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, len(WHOLE)))
def test_an_inserted_line_is_found(copied: int, place: int) -> None:
    verdict = verified([*WHOLE[:place], WHOLE[copied], *WHOLE[place:]], KEY, [HEAD])
    assert verdict.line in (place + 1, place + 2)


@given(st.permutations(range(len(WHOLE))))
def test_another_order_is_found(order: list[int]) -> None:
    verdict = verified([WHOLE[number] for number in order], KEY, [HEAD])
    first_wrong = next((at for at, number in enumerate(order) if at != number), None)
    assert verdict.line == (0 if first_wrong is None else first_wrong + 1)


def test_a_log_that_was_computed_anew_is_found_by_the_head(path: Path, head: FileHead, log: AuditLog) -> None:
    for _ in range(3):
        log.append("person.forgotten", ("person-0001",))
    path.unlink()
    forged = AuditLog(path, KEY, HandClock(), MemoryHead(), "uid:7")
    for _ in range(3):
        forged.append("person.enrolled", ("person-0001",))
    assert forged.verify().is_whole
    verdict = log.verify()
    assert (verdict.line, verdict.reason) == (3, "is not the entry 3 that was written")


def test_a_head_that_lags_behind_by_a_crash_is_no_fault(path: Path, head: FileHead, log: AuditLog) -> None:
    first = log.append("key.created")
    log.append("key.rotated")
    head.write(Head(1, first.hash))
    assert log.verify().is_whole


@given(st.integers(1, len(WHOLE[-1]) - 2))
@hypothesis_settings(max_examples=40, deadline=None)
def test_a_line_that_a_process_died_over_is_told_kept_and_accounted_for(length: int) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        path = Path(folder) / "audit.jsonl"
        path.write_bytes(b"".join(WHOLE[:2]) + WHOLE[2][:length])
        known = Entry.read(WHOLE[1].rstrip(b"\n"), KEY)
        log = AuditLog(path, KEY, HandClock(), MemoryHead(Head(2, known.hash)), "uid:7")
        assert log.verify().line == 3
        log.append("key.rotated")
        verdict = log.verify()
        if length == len(WHOLE[2]) - 1:
            return  # nothing but its end was lacking
        assert verdict.is_whole and verdict.torn == 1 and verdict.entries == 4
        assert WHOLE[2][:length] + b"\n" in path.read_bytes()
        resumed = list(log.entries())[2]
        assert (resumed.action, resumed.facts["cause"], resumed.facts["bytes"]) == ("log.resumed", "torn", length)
        lines = path.read_bytes().splitlines(keepends=True)
        changed = lines[2][:-2] + b"#\n"
        assert verified([*lines[:2], changed, *lines[3:]], KEY).line == 3
        assert verified([*lines[:2], *lines[3:]], KEY).line == 3


def test_a_line_that_lacks_nothing_but_its_end_gets_it(path: Path, log: AuditLog, head: FileHead) -> None:
    log.append("key.created")
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    assert log.verify().line == 1
    log.append("key.rotated")
    assert log.verify().is_whole and log.verify().entries == 2


def test_damage_is_not_healed_by_going_on(path: Path, log: AuditLog) -> None:
    for _ in range(3):
        log.append("person.binned", ("person-0001",))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2]) + lines[2].replace(b"person-0001", b"person-0002"))
    assert log.verify().line == 3
    log.append("key.rotated")
    verdict = log.verify()
    assert verdict.line == 3 and "changed" in verdict.reason


def test_lines_that_were_cut_off_stay_missed_when_the_log_goes_on(path: Path, log: AuditLog) -> None:
    for _ in range(4):
        log.append("person.binned", ("person-0001",))
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    assert (log.verify().line, log.verify().reason) == (3, "is missing: there were 4 entries, the last 2 are gone")
    log.append("key.rotated")
    verdict = log.verify()
    assert verdict.line == 3 and "removed" in verdict.reason
    path.unlink()
    assert log.verify().line == 1


def test_whoever_has_not_the_key_cannot_make_a_line_or_say_how_many_there_were(path: Path, log: AuditLog) -> None:
    for _ in range(4):
        log.append("person.binned", ("person-0001",))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2]))
    second = Entry.read(lines[1].rstrip(b"\n"), KEY)
    log._head = FileHead(path.with_suffix(".forged"), b"another key")
    log._head.write(Head(2, second.hash))
    log._head = FileHead(path.with_suffix(".forged"), KEY)
    assert log.verify().line == 2 and "may not be the last" in log.verify().reason
    forged = replace(second, facts={"pictures": 9}).following(None, b"another key")
    path.write_bytes(lines[0] + forged.line())
    assert "changed" in log.verify().reason


@pytest.mark.parametrize("harm", ["gone", "no JSON", '{"number": 1, "hash": "0", "seal": "0"}'])
def test_a_head_that_is_gone_or_damaged_is_a_fault_and_keeps_nobody_from_going_on(path, log, tmp_path, harm) -> None:
    for _ in range(3):
        log.append("person.binned", ("person-0001",))
    place = tmp_path / "elsewhere" / "audit.head"
    place.unlink() if harm == "gone" else place.write_text(harm)
    verdict = log.verify()
    assert verdict.line == 3 and "what told how many there were is gone" in verdict.reason

    entry = log.append("consent.withdrawn", ("person-0001",))

    assert entry.number == 5 and log.append("key.rotated").number == 6
    assert [one.facts.get("cause") for one in log.entries() if one.action == "log.resumed"] == ["headless"]
    verdict = log.verify()
    assert (verdict.line, verdict.reason) == (4, "says that nothing told how many entries there were before it")


def test_a_process_that_dies_before_its_first_head_leaves_no_fault(path: Path, log: AuditLog, monkeypatch) -> None:
    write, writes = FileHead.write, []

    def die(self: FileHead, head: Head) -> None:
        writes.append(head)
        if head.number:
            raise StoreError("the power is gone")
        write(self, head)

    with monkeypatch.context() as patched:
        patched.setattr(FileHead, "write", die)
        with pytest.raises(StoreError):
            log.append("key.created")
    assert [head.number for head in writes] == [0, 1]
    assert log.verify().is_whole and log.verify().entries == 1
    log.append("key.rotated")
    assert log.verify().is_whole and log.verify().entries == 2


def test_what_was_noted_elsewhere_shows_that_log_and_head_were_put_back(path, log, tmp_path) -> None:
    head = tmp_path / "elsewhere" / "audit.head"
    log.append("key.created")
    before = path.read_bytes(), head.read_bytes()
    noted = log.append("key.rotated")
    path.write_bytes(before[0])
    head.write_bytes(before[1])
    assert log.verify().is_whole
    verdict = log.verify(Head(noted.number, noted.hash))
    assert (verdict.line, verdict.reason) == (2, "is missing: there were 2 entries, the last one is gone")
    path.unlink()
    head.unlink()
    assert log.verify(Head(noted.number, noted.hash)).line == 1


@contextmanager
def older_copy(home: Path) -> Iterator[None]:
    """The log and its head become again what they were before something was done."""
    files = {home / name for name in ("audit.jsonl", "audit.head")}
    before = {path: path.read_bytes() for path in files if path.exists()}
    yield
    for path in files:
        path.unlink()
    for path, content in before.items():
        path.write_bytes(content)


def forget(settings: Settings, stores, clock, tmp_path: Path) -> None:
    build_forgetting(stores, clock).forget("Bob")


def export(settings: Settings, stores, clock, tmp_path: Path) -> None:
    build_personal_export(stores, clock).write("Ada", tmp_path / "ada.zip")


def declare(settings: Settings, stores, clock, tmp_path: Path) -> None:
    at_work = settings.model_copy(update={"privacy": PrivacySettings("workplace", "safety", "form 7")})
    answer_for_purpose(at_work, clock, stores)


def rotate(settings: Settings, stores, clock, tmp_path: Path) -> None:
    rotate_keys(settings, stores, clock)


def enrol(settings: Settings, stores, clock, tmp_path: Path) -> None:
    stores.people.add_person("Cy", [], clock.now())
    build_audit(stores, clock).catch_up()


@pytest.mark.parametrize("is_first", [False, True])
@pytest.mark.parametrize("do", [forget, export, declare, rotate, enrol])
def test_a_log_that_was_put_back_is_found_whatever_was_done_since(
    settings, stores, clock, tmp_path, monkeypatch, do, is_first
) -> None:
    monkeypatch.setattr("mien.store.sql.rotation._TAKEN_UP_S", 0.0)
    audit = build_audit(stores, clock)
    for name in ("Ada", "Bob"):
        stores.people.add_person(name, [], clock.now())
    if not is_first:
        audit.catch_up()

    with older_copy(settings.home):
        do(settings, stores, clock, tmp_path)
        noted = stores.outbox.last_heard()
        assert noted and audit.verify().is_whole and noted[0] == audit.verify().entries > (2 * (not is_first))

    assert "is missing" in verify_audit(settings, clock).reason
    for _ in range(5):
        audit.append("person.binned", ("person-0001",))
    verdict = verify_audit(settings, clock)
    assert "entries before it were removed" in verdict.reason, "it is not made good by going on"


def test_what_is_done_outside_the_database_is_told_however_it_ends(stores, clock) -> None:
    audit, facts = build_audit(stores, clock), {"pictures": 2}
    with audit.telling("person.exported", ("person-0001",), facts):
        assert not [*audit.entries()]
    with pytest.raises(OSError), audit.telling("person.exported", ("person-0002",), facts):
        raise OSError("no such folder")
    with pytest.raises(KeyboardInterrupt), audit.telling("person.exported", ("person-0003",), facts):
        raise KeyboardInterrupt
    audit.append("person.binned", ("person-0004",))
    assert [one.people for one in audit.entries()] == [("person-0001",), ("person-0004",)]
    clock.passed_s = 61
    audit.append("person.binned", ("person-0005",))
    *_, interrupted, last = audit.entries()
    assert (interrupted.people, interrupted.facts) == (("person-0003",), {**facts, "is_interrupted": True})
    assert last.number == 4 and audit.verify().is_whole and not audit.catch_up()


def test_an_entry_says_who_did_it_whoever_hands_it_over(stores, clock) -> None:
    trail, system = build_audit(stores, clock), build_audit(stores, clock, "system")
    with acting(7):
        stores.people.add_person("Ann", [], clock.now())
    stores.people.add_person("Bob", [], clock.now())
    with acting(8):
        trail.append("gallery.cleaned")
    with acting("system"):
        trail.append("gallery.calibrated")
    system.append("gallery.rescored")
    with acting(9), trail.telling("gallery.exported"):
        pass
    with acting(10), suppress(RuntimeError), trail.telling("gallery.imported"):
        raise RuntimeError
    clock.passed_s = 3600
    trail.catch_up()
    assert [(one.action, one.actor) for one in trail.entries()] == [
        ("person.enrolled", "account:7"),
        ("person.enrolled", local_actor()),
        ("gallery.cleaned", "account:8"),
        ("gallery.calibrated", "system"),
        ("gallery.rescored", "system"),
        ("gallery.exported", "account:9"),
        ("gallery.imported", "account:10"),
    ]
    assert trail.verify().is_whole


def test_what_is_done_slowly_is_told_as_done_in_the_end(stores, clock) -> None:
    slow, other, facts = build_audit(stores, clock), build_audit(stores, clock), {"pictures": 2}
    with slow.telling("person.exported", ("person-0001",), facts):
        clock.passed_s = 61
        assert other.catch_up() == 1
    with pytest.raises(OSError), slow.telling("person.exported", ("person-0002",), facts):
        clock.passed_s = 150
        other.catch_up()
        raise OSError("the disk is full")
    told = [(one.people, dict(one.facts)) for one in slow.entries()]
    interrupted = {**facts, "is_interrupted": True}
    assert told == [
        (("person-0001",), interrupted),
        (("person-0001",), facts),
        (("person-0002",), interrupted),
    ]
    assert slow.verify().is_whole and not slow.catch_up()


def test_an_entry_that_cannot_be_written_stays_in_the_outbox(stores, clock, monkeypatch) -> None:
    audit = build_audit(stores, clock)
    stores.people.add_person("Ada", [], clock.now())

    def die(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("mien.privacy.audit.log._append", die)
        with pytest.raises(StoreError, match="No space left"):
            audit.catch_up()
    assert audit.catch_up() == 1 and [one.action for one in audit.entries()] == ["person.enrolled"]


def test_an_append_reads_only_the_end(path: Path, log: AuditLog, monkeypatch: pytest.MonkeyPatch) -> None:
    path.parent.mkdir()
    path.write_bytes(b"".join(written(5000)))
    known = Entry.read(path.read_bytes().splitlines()[-1], KEY)
    read: list[int] = []
    real = os.read
    monkeypatch.setattr(os, "read", lambda file, count: (read.append(count), real(file, count))[1])
    entry = AuditLog(path, KEY, HandClock(), MemoryHead(Head(5000, known.hash)), "uid:7").append("key.rotated")
    assert entry.number == 5001 and sum(read) < 20_000


def test_threads_and_processes_append_at_once(path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from mien.domain.clock import SystemClock;"
        "from mien.privacy.audit.log import AuditLog;"
        "from mien.privacy.audit.head import FileHead; path = Path(sys.argv[1]);"
        "log = AuditLog(path, b'k', SystemClock(), FileHead(path.with_suffix('.head'), b'k'));"
        "[log.append('person.binned', ('person-0001',)) for _ in range(25)]"
    )
    others = [subprocess.Popen([sys.executable, "-c", program, str(path)]) for _ in range(2)]
    head = FileHead(path.with_suffix(".head"), KEY)
    log = AuditLog(path, KEY, HandClock(), head, "uid:7")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: log.append("key.rotated"), range(40)))
    assert [other.wait() for other in others] == [0, 0]
    verdict = log.verify()
    assert verdict.is_whole and verdict.entries == 90
    known = head.read()
    assert known and known.number == 90


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
def test_a_killed_process_leaves_every_entry_that_it_was_told_is_written(path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from mien.domain.clock import SystemClock;"
        "from mien.privacy.audit.log import AuditLog;"
        "from mien.privacy.audit.head import FileHead; path = Path(sys.argv[1]);"
        "log = AuditLog(path, b'k', SystemClock(), FileHead(path.with_suffix('.head'), b'k'))\n"
        "while True: print(log.append('person.binned', ('person-0001',)).number, flush=True)"
    )
    told = 0
    for wanted in (3, 7, 12):
        with subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True) as other:
            assert other.stdout
            for _ in range(wanted):
                told = int(other.stdout.readline())
            other.send_signal(signal.SIGKILL)
            told = max([told, *(int(line) for line in other.stdout if line.endswith("\n"))])
        log = AuditLog(path, KEY, HandClock(), FileHead(path.with_suffix(".head"), KEY), "uid:7")
        log.append("key.rotated")
        verdict = log.verify()
        assert verdict.is_whole and verdict.entries >= told + 1
        told = verdict.entries


def test_a_full_disk_takes_nothing_of_an_entry(tmp_path: Path) -> None:
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("needs root to mount a small file system")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"cannot mount a file system here: {mounted.stderr.decode().strip()}")
    try:
        log = AuditLog(disk / "audit.jsonl", KEY, HandClock(), MemoryHead(), "uid:7")
        count = 0
        with pytest.raises(StoreError, match="cannot be written"):
            while count < 1000:
                log.append("person.binned", ("person-0001",))
                count += 1
        assert log.verify().is_whole and log.verify().entries == count
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_lock_that_somebody_keeps_is_told(path: Path, log: AuditLog, monkeypatch: pytest.MonkeyPatch) -> None:
    from filelock import FileLock

    monkeypatch.setattr("mien.privacy.audit.log._PATIENCE_S", 0.05)
    path.parent.mkdir()
    with FileLock(path.with_suffix(".lock")), pytest.raises(StoreError, match="holds the audit log"):
        log.append("key.rotated")
