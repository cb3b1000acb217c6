"""One process at a time changes the keys of a home, and whoever was refused leaves the lock to who has it."""

from contextlib import ExitStack

import pytest
from filelock import FileLock
from tests.support.faces import HandClock

from mien.domain.errors import StoreError
from mien.settings import Settings
from mien.store.sql import rotation
from mien.wiring.privacy import build_audit, verify_audit
from mien.wiring.rights import rotate_keys
from mien.wiring.stores import build_stores


def test_whoever_is_refused_lets_nobody_else_in(tmp_path, monkeypatch):
    monkeypatch.setattr(rotation, "_TAKEN_UP_S", 0.0)
    settings = Settings(home=tmp_path / "home")
    with ExitStack() as stack:
        stores = build_stores(settings, stack)
        with FileLock(settings.home / "rotation.lock"):
            for _ in range(2):
                with pytest.raises(StoreError, match="another process changes the key"):
                    rotate_keys(settings, stores, HandClock())
            assert (settings.home / "rotation.lock").exists()
        stores.people.add_person("Ada", [], HandClock().now())
        build_audit(stores, HandClock()).catch_up()

        record, damaged = rotate_keys(settings, stores, HandClock())
        assert (record.number, damaged) == (2, 0)

        verdict = verify_audit(settings, HandClock())
        assert verdict.is_whole and verdict.entries == 2, "the log goes by a key that outlives rotations"


def test_a_rotation_that_dies_behind_its_last_transaction_is_told_of(tmp_path, monkeypatch):
    monkeypatch.setattr(rotation, "_TAKEN_UP_S", 0.0)
    settings, clock = Settings(home=tmp_path / "home"), HandClock()

    def die(*_):
        raise StoreError("the power is gone")

    with ExitStack() as stack:
        stores = build_stores(settings, stack)
        with monkeypatch.context() as patched:
            patched.setattr(type(stores.database), "compact", die)
            with pytest.raises(StoreError, match="power"):
                rotate_keys(settings, stores, clock)
        audit = build_audit(stores, clock)
        assert audit.catch_up() == 1
        assert [(one.action, one.facts["version"]) for one in audit.entries()] == [("key.rotated", 2)]
