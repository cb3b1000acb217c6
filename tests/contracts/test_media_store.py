"""What every store of pictures promises."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from mien.domain.errors import StoreError
from mien.store.media import FolderMedia, MediaStore
from mien.store.vault.vault import Vault, new_key


@pytest.fixture(params=["folder"])
def media(request, tmp_path) -> MediaStore:
    return FolderMedia(tmp_path / "media", Vault.of(new_key()))


@pytest.fixture
def picture() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (112, 112, 3), np.uint8)


def test_a_picture_comes_back_without_loss(media, picture):
    name = media.save(picture)

    assert media.exists(name)
    assert np.array_equal(media.load(name), picture)


def test_equal_pictures_have_different_names(media, picture):
    assert media.save(picture) != media.save(picture)


def test_it_tells_what_it_keeps(media, picture):
    kept = {media.save(picture), media.save(picture)}
    media.delete(media.save(picture))

    assert set(media.names()) == kept


def test_a_deleted_picture_is_gone(media, picture):
    name = media.save(picture)

    media.delete(name)
    media.delete(name)

    assert not media.exists(name)
    with pytest.raises(StoreError, match="not in"):
        media.load(name)


@pytest.mark.parametrize(
    "name", ["../mien.sqlite3", "/etc/passwd", "", "a.face", "0" * 32 + ".FACE", "0" * 32 + ".face\n"]
)
def test_other_names_than_its_own_are_refused(media, name):
    for use in (media.load, media.delete, media.exists):
        with pytest.raises(StoreError, match="not the name of a stored picture"):
            use(name)


def test_old_pictures_are_told_from_new_ones(media, picture):
    kept = media.save(picture)
    now = datetime.now(UTC)

    assert list(media.older(now - timedelta(hours=1))) == []
    assert list(media.older(now + timedelta(hours=1))) == [kept]
