"""A pickle is read and nothing in it is ever run."""

import io
import os
import pickle
import subprocess
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.readers.inert_pickle import Call, Global, Instance, read_pickle


def read(content: bytes, *calls: str) -> Any:
    return read_pickle(io.BytesIO(content), calls, lambda reference: ("stored", reference))


class Payload:
    """Pickles into a call of any function."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._call = (function, arguments)

    def __reduce__(self) -> Any:
        return self._call


class Point:
    def __init__(self) -> None:
        self.x = 3


@pytest.mark.parametrize(
    "value",
    [None, True, -5, 3.5, "ä", (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [1, [2]], {"a": {"b": (1, "c")}}, 10**40],
)
def test_plain_values_come_back(value: object) -> None:
    assert read(pickle.dumps(value, protocol=2)) == value


def test_an_ordered_dict_is_a_dict_and_shared_values_stay_shared() -> None:
    shared = ["x"]
    value = OrderedDict(a=shared, b=shared)
    found = read(b"\x80\x02ccollections\nOrderedDict\n)R(X\x01\x00\x00\x00a]q\x00X\x01\x00\x00\x00bh\x00u.")
    assert list(found) == list(value)
    assert found["a"] is found["b"]


def test_objects_are_records_of_their_state() -> None:
    found = read(pickle.dumps(Point(), protocol=2))
    assert isinstance(found, Instance)
    assert found.name.endswith(".Point")
    assert found.state == {"x": 3}


def test_kinds_of_dict_are_records_of_their_items() -> None:
    found = read(b"\x80\x02cnet\nOptions\n)\x81(X\x02\x00\x00\x00lrK\x03u.")
    assert isinstance(found, Instance)
    assert found.items == {"lr": 3}


def test_what_is_said_of_a_dict_or_of_a_recorded_call_besides_is_dropped() -> None:
    assert read(b"\x80\x02ccollections\nOrderedDict\n)R}X\x01\x00\x00\x00aK\x01sb.") == {}
    assert read(b"\x80\x02cnumpy\ndtype\nK\x01\x85RK\x03\x85b.", "numpy.dtype") == Call("numpy.dtype", (1,))


def test_keys_that_would_exhaust_the_stack_are_refused() -> None:
    nested = b"\x80\x02})" + b"\x85" * 1_000_000
    with pytest.raises(ModelCorrupt, match="keys of a kind"):
        read(nested + b"K\x01s.")


def test_listed_calls_are_recorded_and_not_made() -> None:
    content = pickle.dumps(Payload(os.getcwd), protocol=2)
    name = f"{os.getcwd.__module__}.getcwd"
    assert read(content, name) == Call(name, ())


def test_two_pickles_in_a_row_are_read_one_by_one() -> None:
    stream = io.BytesIO(pickle.dumps(1, protocol=2) + pickle.dumps("two", protocol=2) + b"rest")
    assert [read_pickle(stream, (), Global) for _ in range(2)] == [1, "two"]
    assert stream.read() == b"rest"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("function", [os.system, subprocess.getoutput, eval, exec, print])
def test_a_call_of_anything_else_is_refused_and_not_made(
    tmp_path: Path, function: Callable[..., Any], protocol: int
) -> None:
    mark = tmp_path / "mark"
    command = f"open({str(mark)!r}, 'w').close()" if function in (eval, exec) else f"touch '{mark}'"
    with pytest.raises(ModelCorrupt, match="refused"):
        read(pickle.dumps({"weights": Payload(function, command)}, protocol))
    assert not mark.exists()


def test_the_payload_of_these_tests_would_have_worked(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    pickle.loads(pickle.dumps(Payload(os.system, f"touch '{mark}'")))
    assert mark.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"(S'touch mark'\nios\nsystem\n.",  # INST
        b"(cos\nsystem\nS'touch mark'\no.",  # OBJ
        b"\x80\x02cbuiltins\neval\nX\x01\x00\x00\x001\x85\x81.",  # NEWOBJ with arguments
        b"\x80\x02\x82\x01.",  # EXT1
        b"\x80\x04\x8c\x02os\x8c\x06system\x93.",  # STACK_GLOBAL
        b"\x80\x02cos\nsystem\n}b.",  # BUILD on a name
        b"\x80\x02]}b.",  # BUILD on a list
        b"\x80\x02K\x01K\x02R.",  # a call of a number
    ],
)
def test_other_ways_to_run_something_are_refused(content: bytes) -> None:
    with pytest.raises(ModelCorrupt):
        read(content)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x80", b"\x80\x02", b"\x80\x02.", b"\x80\x02K\x01K\x02.", b"\x80\x02h\x05.", b"\x80\x02}]K\x01s.",
     b"\x80\x02K\x01a.", b"\x80\x02t.", b"\x80\x02}(K\x01u.", b"\x80\x02X\xff\xff\xff\x7fab.", b"\xff\xff"],
)  # fmt: skip
def test_broken_pickles_are_corrupt(content: bytes) -> None:
    with pytest.raises(ModelCorrupt):
        read(content)
