"""Tensors come out of a checkpoint in torch's zip layout, whole or not at all."""

import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from tests.support.checkpoints import state_dict, write_zip
from tests.support.torch_pickles import archive, storage, table, tensor, text

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.readers.torch_checkpoint import read_tensors

SIX = np.arange(6, dtype=np.float32)


def checkpoint(value: bytes, **others: bytes) -> dict[str, bytes]:
    return {"net/data.pkl": b"\x80\x02" + value + b".", "net/data/0": SIX.tobytes()} | others


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "net.pt"


def test_tensors_are_read(path: Path) -> None:
    found = read_tensors(archive(path, checkpoint(table(weight=tensor(), turned=tensor((3, 2), (1, 3))))))
    assert set(found) == {"weight", "turned"}
    np.testing.assert_array_equal(found["turned"], SIX.reshape(2, 3).T)


def test_a_payload_is_refused_and_not_run(path: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    payload = b"cbuiltins\nexec\n(" + text(f"open({str(mark)!r}, 'w').close()") + b"tR"
    with pytest.raises(ModelCorrupt, match=r"^net\.pt cannot be read: the pickle wants to call builtins\.exec"):
        read_tensors(archive(path, checkpoint(table(weight=tensor(), extra=payload))))
    assert not mark.exists()
    pickle.loads(b"\x80\x02" + payload + b".")  # the same bytes do it elsewhere
    assert mark.exists()


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"readme.txt": b"hello"}, "no torch checkpoint"),
        (checkpoint(table(weight=tensor())) | {"other/data.pkl": b"N."}, "no torch checkpoint"),
        (checkpoint(table(weight=tensor())) | {"net/constants.pkl": b"N."}, "TorchScript"),
        (checkpoint(table(weight=tensor())) | {"net/byteorder": b"big"}, "big-endian"),
        (checkpoint(table(weight=tensor())) | {"net/data/0": SIX.tobytes()[:-4]}, "storage 0 has another length"),
        (checkpoint(table(weight=tensor(place=storage(5)))), "storage 0 has another length"),
        (checkpoint(table(weight=tensor(place=storage(key="1")))), "storage 1 is missing"),
        (checkpoint(table(weight=tensor(place=storage(key="../0")))), "storage ../0 is missing"),
        (checkpoint(table(one=tensor(), two=tensor(place=storage(kind="torch.IntStorage")))), "storage of a kind"),
        (checkpoint(table(step=b"K\x01")), "no tensors"),
        ({"net/data.pkl": b""}, "pickle"),
    ],
)
def test_other_archives_are_corrupt(path: Path, members: dict[str, bytes], reason: str) -> None:
    with pytest.raises(ModelCorrupt, match=rf"^net\.pt cannot be read: .*{reason}") as raised:
        read_tensors(archive(path, members))
    assert "\n" not in str(raised.value)


def test_bytes_that_changed_are_found_out(path: Path) -> None:
    write_zip(path, state_dict({"weight": np.arange(1000, dtype=np.float32)}))
    content = bytearray(path.read_bytes())
    content[content.index(np.float32(500).tobytes())] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelCorrupt, match=r"cut off or damaged, expected is a whole"):
        read_tensors(path)


def test_a_checkpoint_cut_or_changed_anywhere_is_corrupt_or_the_same(path: Path, tmp_path: Path) -> None:
    tensors = {"one.weight": SIX.reshape(2, 3), "one.bias": SIX[:2]}
    whole = write_zip(path, state_dict(tensors)).read_bytes()
    other = tmp_path / "other.pt"
    for size in range(0, len(whole) - 22, 37):  # the archive's last record has at least 22 bytes
        other.write_bytes(whole[:size])
        with pytest.raises(ModelCorrupt):
            read_tensors(other)
    for place in range(0, len(whole), 5):
        changed = bytearray(whole)
        changed[place] ^= 0x5A
        other.write_bytes(changed)
        try:
            found = read_tensors(other)
        except ModelCorrupt:
            continue  # anything else fails the test
        for name, values in found.items():  # what zip does not check: dates, attributes
            np.testing.assert_array_equal(values, tensors[name])


def test_a_bomb_is_refused_before_it_is_unpacked(path: Path, tmp_path: Path) -> None:
    zeros = bytes(1 << 24)
    bomb = archive(path, checkpoint(table(weight=tensor())) | {"net/data/1": zeros}, zipfile.ZIP_DEFLATED)
    assert bomb.stat().st_size < 100_000
    with pytest.raises(ModelCorrupt, match="compressed"):
        read_tensors(bomb)


def test_members_in_each_other_s_place_are_refused(path: Path) -> None:
    names = [f"net/data/{index}" for index in range(50)]
    archive(path, checkpoint(table(weight=tensor())) | {names[1]: bytes(10_000)})
    with zipfile.ZipFile(path, "a") as written:
        (large,) = (member for member in written.infolist() if member.filename == names[1])
        for name in names[2:]:
            again = zipfile.ZipInfo(name)
            again.header_offset, again.CRC = large.header_offset, large.CRC
            again.file_size = again.compress_size = large.file_size
            written.filelist.append(again)
        written._didModify = True
    with pytest.raises(ModelCorrupt, match="claim to be larger than the file"):
        read_tensors(path)


def test_a_file_of_absurd_size_is_not_even_opened(path: Path) -> None:
    with path.open("wb") as sparse:  # takes no room on the disk
        sparse.truncate((2 << 30) + 1)
    with pytest.raises(ModelCorrupt, match="larger than 2 GiB"):
        read_tensors(path)
