"""What is called in a process of its own comes back, or one clear line, in time."""

import operator
import os
import time
from pathlib import Path

import pytest

from mien.domain.errors import ModelCorrupt
from mien.inference.catalog import Catalog
from mien.inference.conversion.apart import call_apart
from mien.inference.conversion.converting import convert

FAR = 60.0


def test_results_come_back_whatever_is_printed_meanwhile() -> None:
    assert call_apart(operator.add, "a", "b", what="it", deadline_s=FAR) == "ab"
    assert call_apart(print, "noise", what="it", deadline_s=FAR) is None


def test_errors_of_mien_and_of_the_system_come_back(tmp_path: Path) -> None:
    source = tmp_path / "net.pth"
    source.write_bytes(b"no checkpoint")
    with pytest.raises(ModelCorrupt, match=r"^net\.pth cannot be read: "):
        call_apart(convert, "arcface", source, tmp_path / "net.onnx", what="it", deadline_s=FAR)
    with pytest.raises(FileNotFoundError):
        call_apart(os.listdir, tmp_path / "absent", what="it", deadline_s=FAR)


def test_what_never_ends_is_ended() -> None:
    start = time.monotonic()
    with pytest.raises(ModelCorrupt, match=r"^it: it takes more than 1 s, expected is one that ends$"):
        call_apart(time.sleep, 60, what="it", deadline_s=1)
    assert time.monotonic() - start < 30


def test_a_process_that_dies_is_told(catalog: Catalog) -> None:
    with pytest.raises(ModelCorrupt, match=r"^it: the process that tried it ended with SIGABRT$"):
        call_apart(os.abort, what="it", deadline_s=FAR)
    with pytest.raises(ModelCorrupt, match="ended with ZeroDivisionError: "):
        call_apart(operator.floordiv, 1, 0, what="it", deadline_s=FAR)
