"""Sealing: what is sealed says nothing, opens only where it belongs, and shows every change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.domain.errors import StoreError
from mien.store.vault.vault import Vault, fingerprint, key_number, new_key

VAULT = Vault.of(new_key())


@given(st.binary(max_size=300), st.binary(max_size=20))
def test_what_was_sealed_opens_in_its_place(data: bytes, context: bytes) -> None:
    sealed = VAULT.seal(data, context)

    assert VAULT.open(sealed, context) == data
    assert len(sealed) == len(data) + 32
    assert len(data) < 4 or data not in sealed
    with pytest.raises(StoreError, match="another key, or is damaged"):
        VAULT.open(sealed, context + b"!")


@given(st.data())
def test_every_changed_byte_is_noticed(data: st.DataObject) -> None:
    sealed = bytearray(VAULT.seal(b"Ada Lovelace", b"name"))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))

    with pytest.raises(StoreError):
        VAULT.open(bytes(sealed), b"name")


@given(st.integers(0, 31))
def test_what_was_cut_off_is_noticed(length: int) -> None:
    with pytest.raises(StoreError):
        VAULT.open(VAULT.seal(b"", b"name")[:length], b"name")


def test_equal_values_are_sealed_differently_and_blinded_alike() -> None:
    assert VAULT.seal(b"Ada", b"name") != VAULT.seal(b"Ada", b"name")
    assert VAULT.blind(b"Ada", b"name") == VAULT.blind(b"Ada", b"name")
    assert len({VAULT.blind(b"Ada", b"name"), VAULT.blind(b"Ada", b"digest"), VAULT.blind(b"ada", b"name")}) == 3
    assert VAULT.blind(b"b", b"aa") != VAULT.blind(b"ab", b"a")


def test_an_older_key_opens_and_the_newest_seals() -> None:
    first, second = new_key(), new_key()
    old, both = Vault({1: first}, 1), Vault({1: first, 2: second}, 2)
    sealed = old.seal(b"Ada", b"name")

    assert both.open(sealed, b"name") == b"Ada"
    assert (key_number(sealed), both.is_current(sealed)) == (1, False)
    assert key_number(both.seal(b"Ada", b"name")) == 2
    with pytest.raises(StoreError):
        Vault({2: second}, 2).open(sealed, b"name")
    assert both.blind(b"Ada", b"name") != old.blind(b"Ada", b"name")
    old.adopt(both)
    assert old.newest == 2
    assert old.open(both.seal(b"Eve", b"name"), b"name") == b"Eve"


def test_a_key_that_another_process_brought_in_is_taken_up_where_it_is_met() -> None:
    first, second = new_key(), new_key()
    old, both = Vault({1: first}, 1), Vault({1: first, 2: second}, 2)
    asked: list[int] = []
    old.renew_by(lambda: (asked.append(1), old.adopt(both)))

    assert old.open(both.seal(b"Ada", b"name"), b"name") == b"Ada"
    assert old.open(both.seal(b"Ada", b"name"), b"name") == b"Ada"
    assert (old.newest, len(asked)) == (2, 1)


def test_a_fingerprint_tells_keys_apart_and_is_none() -> None:
    key = new_key()
    assert fingerprint(key) == fingerprint(key) != fingerprint(new_key())
    assert fingerprint(key) not in key.hex()


def test_newer_keys_are_taken_over_and_older_ones_are_not() -> None:
    first, second = new_key(), new_key()
    old, new, vault = Vault({1: first}, 1), Vault({2: second}, 2), Vault({1: first}, 1)
    before = vault.seal(b"Ada", b"name")

    vault.adopt(new)
    vault.adopt(old)

    assert vault.newest == 2 and vault.blind(b"Ada", b"name") == new.blind(b"Ada", b"name")
    assert vault.open(before, b"name") == new.open(vault.seal(b"Ada", b"name"), b"name") == b"Ada"
