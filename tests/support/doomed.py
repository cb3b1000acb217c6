"""The homes and commands that are killed: a few people on real faces, changed already and about to be changed again."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import cv2
from tests.support.encoding import read_pictures
from tests.support.sigkill import Command, Mortals

OLD, NEW = ("Ann", "Bea", "Cid"), ("Dan", "Eve")
SETTINGS = """\
enrolment: {cap: 2}  # one picture will be set aside
privacy: {retention: {bin_days: 0}}
"""


def write_people(folder: Path, names: Sequence[str], portrait: Path, carphone: Path) -> None:
    """A folder of two pictures for each of some people, all of them of the woman and the man whom every machine has."""
    woman, men = cv2.imread(str(portrait)), list(read_pictures(carphone, 110))
    for number, name in enumerate(names):
        (folder / name).mkdir(parents=True)
        turn = cv2.getRotationMatrix2D((224, 125), 5 * number - 8, 0.9)
        turned = cv2.warpAffine(woman, turn, (512, 512))
        man = cv2.resize(men[25 * number], None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
        for place, picture in enumerate((turned, man)):
            assert cv2.imwrite(str(folder / name / f"{place}.png"), picture)


def commands(folder: Path, mortals: Mortals, portrait: Path, carphone: Path) -> tuple[Command, ...]:
    """What is killed, each over its own home in a folder; making these takes some seconds."""

    def run(home: Path, *arguments: str | Path) -> None:
        ended = mortals.run(home, *arguments)
        assert ended.code == 0, ended.told

    base, merged, binned = folder / "base", folder / "merged", folder / "binned"
    write_people(folder / "old", OLD, portrait, carphone)
    write_people(folder / "new", (*NEW, "Cid", "Bea"), portrait, carphone)
    base.mkdir()
    (base / "mien.yaml").write_text(SETTINGS)
    run(base, "people", "import", folder / "old", "--overrule")
    run(base, "people", "rename", "Ann", "Anna")
    run(base, "people", "set-aside", "3")
    run(base, "people", "hide", "Cid")
    shutil.copytree(base, merged)
    merge = ("people", "merge", "Anna", "Bea", "--yes")
    run(merged, *merge)
    shutil.copytree(base, binned)
    run(binned, "people", "remove", "Bea", "--yes")
    return (
        Command("a new home", ("people", "list"), folder / "nowhere"),
        Command("merge", merge, base, counter=("people", "undo")),
        Command("undo", ("people", "undo"), merged, counter=merge),
        Command("import", ("people", "import", folder / "new", "--overrule"), base, is_one=False),
        Command("reembed", ("people", "reembed", "--recognizer", "lbph", "--drop-old"), base, is_one=False),
        Command("purge", ("privacy", "purge"), binned, is_one=False, leaving=("person-0002",)),
        Command("forget", ("privacy", "forget", "Bea", "--yes"), base, is_one=False, leaving=("person-0002",)),
    )
