"""SIGKILL in the middle of what changes or sees people, at moments drawn by chance: no half state, nothing lost.

``MIEN_KILLS`` is how often each command is killed; `python -m benchmarks killed` does it for longer.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.command import Mien
from tests.support.doomed import commands
from tests.support.sigkill import Command, Killing, Mortals

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that fork and SIGKILL")

OF_PEOPLE = ("a new home", "merge", "undo", "import", "reembed", "purge", "forget", "import archive", "cleanup")
AT_CAMERAS = ("analyze", "watch", "enrol a stranger")
KILLS = {"a new home": 2, "import": 2, "reembed": 2, "analyze": 1, "watch": 1, "enrol a stranger": 2}
"""Networks are loaded at each start of these, or a home is made."""
LOADED_AT_ONCE = {"MIEN_RUNTIME__RUNTIME": "onnxruntime"}
"""OpenVINO compiles a network for half a second, and no kill hits what is kept of people meanwhile."""


@pytest.fixture(scope="module")
def mortals(tmp_path_factory: pytest.TempPathFactory, models: tuple[Path, ...]) -> Iterator[Mortals]:
    with Mortals(Mien(tmp_path_factory.mktemp("home")).environment(LOADED_AT_ONCE)) as running:
        yield running


@pytest.fixture(scope="module")
def doomed(
    tmp_path_factory: pytest.TempPathFactory, mortals: Mortals, portrait: Path, carphone: Path
) -> dict[str, Command]:
    folder = tmp_path_factory.mktemp("doomed")
    return {one.name: one for one in commands(folder, mortals, portrait, carphone)}


@pytest.mark.parametrize("name", (*OF_PEOPLE, *AT_CAMERAS))
def test_what_is_killed_leaves_the_home_whole(
    name: str, doomed: dict[str, Command], mortals: Mortals, tmp_path: Path
) -> None:
    count = int(os.environ.get("MIEN_KILLS", KILLS.get(name, 3)))
    tally = Killing(doomed[name], mortals, tmp_path).kill(count)
    print(f"{name}: {tally}")
    assert tally.kills > 0 and not tally.failures
