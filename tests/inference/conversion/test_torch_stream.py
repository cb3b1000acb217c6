"""Tensors come out of a checkpoint in torch's stream layout, and nothing else does."""

import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.support.torch_pickles import module, name, storage, table, tensor, text

from mien.domain.errors import ModelCorrupt
from mien.inference.catalog import Catalog
from mien.inference.conversion.readers.torch_checkpoint import read_tensors
from mien.inference.weights import WeightStore

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
SIX = np.arange(6, dtype=np.float32)


def checkpoint(
    path: Path, value: bytes, *, keys: object = ("0",), length: int = 6, elements: bytes = SIX.tobytes(), **system: Any
) -> Path:
    head = [MAGIC, PROTOCOL, {"little_endian": True} | system]
    path.write_bytes(
        b"".join(pickle.dumps(part, protocol=2) for part in head)
        + b"\x80\x02" + value + b"."
        + pickle.dumps(list(keys) if isinstance(keys, tuple) else keys, protocol=2)
        + struct.pack("<q", length) + elements
    )  # fmt: skip
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "net.pth"


def test_a_table_of_tensors_is_read(path: Path) -> None:
    found = read_tensors(
        checkpoint(path, table(weight=tensor(), turned=tensor((3, 2), (1, 3)), last=tensor((), (), 5)))
    )
    assert set(found) == {"weight", "turned", "last"}
    np.testing.assert_array_equal(found["weight"], SIX.reshape(2, 3))
    np.testing.assert_array_equal(found["turned"], SIX.reshape(2, 3).T)
    assert found["last"] == 5


def test_a_module_tree_is_read_without_the_wrapper_for_parallel_work(path: Path) -> None:
    inner = module(table(weight=tensor(), bias=b"N"), table(deep=module(table(slope=tensor((3,), (2,))))))
    found = read_tensors(checkpoint(path, module(modules=table(module=inner))))
    assert set(found) == {"weight", "deep.slope"}
    np.testing.assert_array_equal(found["deep.slope"], [0, 2, 4])


def test_the_recogniser_s_checkpoint_is_read(weights: WeightStore, catalog: Catalog) -> None:
    converted = weights.path(catalog.card("mobilefacenet"))
    tensors = read_tensors(converted.with_name(catalog.card("mobilefacenet").files[0].file))
    assert len(tensors) == 283
    assert sum(values.size for values in tensors.values()) == 1_220_864
    assert tensors["conv1.conv.weight"].shape == (64, 3, 3, 3)
    assert all((tensors[name] > 0).all() for name in tensors if name.endswith("running_var"))


def test_a_payload_is_refused_and_not_run(path: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    payload = b"cbuiltins\nexec\n(" + text(f"open({str(mark)!r}, 'w').close()") + b"tR"
    with pytest.raises(ModelCorrupt, match=r"net\.pth cannot be read: the pickle wants to call builtins\.exec"):
        read_tensors(checkpoint(path, table(weight=tensor(), extra=payload)))
    assert not mark.exists()
    pickle.loads(b"\x80\x02" + payload + b".")  # the same bytes do it elsewhere
    assert mark.exists()


@pytest.mark.parametrize(
    "value",
    [
        tensor(offset=1),
        tensor(offset=-1),
        tensor((2, 3), (4, 1)),
        tensor((2, 3), (-3, 1)),
        tensor((2, 3), (3,)),
        tensor((1 << 20, 1 << 20), (0, 0)),
        tensor((7,), (1,)),
    ],
)
def test_a_tensor_that_reaches_out_of_its_storage_is_refused(path: Path, value: bytes) -> None:
    with pytest.raises(ModelCorrupt, match="described in a way"):
        read_tensors(checkpoint(path, table(weight=value)))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"elements": SIX.tobytes()[:-1]}, "ends in the middle of storage 0"),
        ({"length": 5}, "another length"),
        ({"keys": ("1",)}, "list of storages"),
        ({"keys": 7}, "list of storages"),
        ({"little_endian": False}, "big-endian"),
    ],
)
def test_broken_storages_are_corrupt(path: Path, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ModelCorrupt, match=reason):
        read_tensors(checkpoint(path, table(weight=tensor()), **changes))


@pytest.mark.parametrize("kind", ["torch.ComplexFloatStorage", "torch.storage.UntypedStorage", "os.system"])
def test_other_kinds_of_elements_are_refused(path: Path, kind: str) -> None:
    with pytest.raises(ModelCorrupt, match="storage of a kind"):
        read_tensors(checkpoint(path, table(weight=tensor(place=storage(kind=kind)))))


def test_a_storage_of_absurd_size_is_refused(path: Path) -> None:
    elements = b"\x8a\x07" + (1 << 50).to_bytes(7, "little")
    place = b"(" + text("storage") + name("torch.FloatStorage") + text("0") + text("cpu") + elements + b"NtQ"
    with pytest.raises(ModelCorrupt, match="ends in the middle of storage 0"):
        read_tensors(checkpoint(path, table(weight=tensor(place=place)), length=1 << 50))


def test_many_tensors_of_one_storage_are_refused_in_time(path: Path) -> None:
    parts = {f"w{index}": tensor((1024, 1024), (1024, 1), place=storage(1 << 20)) for index in range(600)}
    elements = np.zeros(1 << 20, np.float32).tobytes()
    with pytest.raises(ModelCorrupt, match="more than 536870912 elements"):
        read_tensors(checkpoint(path, table(**parts), length=1 << 20, elements=elements))


def test_a_module_that_holds_itself_ends(path: Path) -> None:
    itself = b"cnet\nNet\n)\x81q\x00" + table(_parameters=b"}", _modules=table(again=b"h\x00")) + b"b"
    with pytest.raises(ModelCorrupt, match="more than 10000 modules"):
        read_tensors(checkpoint(path, itself, keys=()))


@pytest.mark.parametrize(
    "value",
    [b"K\x01", b"]", table(weight=b"ctorch\ndevice\n(tR"), module(modules=table(a=b"K\x01")), module(parameters=b"]")],
)
def test_what_is_no_network_is_corrupt(path: Path, value: bytes) -> None:
    with pytest.raises(ModelCorrupt):
        read_tensors(checkpoint(path, value, keys=()))


def test_other_files_are_corrupt(path: Path) -> None:
    for content in (b"", b"text", pickle.dumps(5), pickle.dumps(MAGIC, protocol=2), b"PK\x03\x04", b"\x89HDF\r\n"):
        path.write_bytes(content)
        with pytest.raises(ModelCorrupt, match=r"net\.pth cannot be read"):
            read_tensors(path)


def test_a_checkpoint_cut_anywhere_is_corrupt(weights: WeightStore, catalog: Catalog, path: Path) -> None:
    card = catalog.card("mobilefacenet")
    whole = weights.path(card).with_name(card.files[0].file).read_bytes()
    for size in (10, 100, 50_000, 100_000, 150_000, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(ModelCorrupt):
            read_tensors(path)
