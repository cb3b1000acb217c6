"""What is left of a home when what changes or sees people is killed: SIGKILL, hundreds of times, at any moment.

``MIEN_KILLS`` is how often each command is killed, ``MIEN_KILLED`` which ones are, all without.
"""

import os
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.parts.report import MaterialMissing, Report, Table, measured
from tests.support.command import Mien
from tests.support.doomed import commands
from tests.support.sigkill import Killing, Mortals

from mien.inference.catalog import load_catalog
from mien.settings import load_settings
from mien.store.vault.keys import FILE_VARIABLE, KeyFile
from mien.store.vault.vault import new_key
from mien.wiring.models import build_weights

KILLS = 200


def main() -> None:
    """Kill each command and print what was found."""
    if not hasattr(os, "fork"):
        raise MaterialMissing("a system whose processes fork")
    count, names = int(os.environ.pop("MIEN_KILLS", KILLS)), os.environ.pop("MIEN_KILLED", "")  # they are no settings
    with measured() as seconds, TemporaryDirectory(prefix="mien-killed-") as folder:
        tallies = _tallies(Path(folder), count, names.split(",") if names else ())
    counts = [{key: value for key, value in tally.items() if key != "failures"} for tally in tallies.values()]
    rows = [
        (name, *counted.values(), len(tallies[name]["failures"])) for name, counted in zip(tallies, counts, strict=True)
    ]
    table = Table(f"Each command killed {count} times", ("command", *counts[0], "failures"), rows)
    facts = {name: tally["failures"] for name, tally in tallies.items()}
    Report("killed", [table], {"failures": facts}, seconds).publish()
    for name, failures in facts.items():
        for failure in failures:
            print(f"{name}, {failure}")


def _tallies(folder: Path, count: int, names: Collection[str]) -> dict[str, dict[str, Any]]:
    """What the kills of each command came to, or of those named."""
    KeyFile(folder / "mien.key").write(new_key())
    os.environ[FILE_VARIABLE] = str(folder / "mien.key")
    shelf, catalog = build_weights(load_settings()), load_catalog()
    portrait, carphone = (shelf.path(catalog.card(name)) for name in ("astronaut", "carphone"))
    tallies = {}
    with Mortals(Mien(folder / "home").environment()) as mortals:
        for command in commands(folder, mortals, portrait, carphone):
            if names and command.name not in names:
                continue
            own = folder / command.name
            own.mkdir()
            tallies[command.name] = asdict(Killing(command, mortals, own).kill(count))
    return tallies


if __name__ == "__main__":
    main()
