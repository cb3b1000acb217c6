"""The homes and commands that are killed: a few people on real faces, changed already and about to be changed again."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from tests.support.encoding import Picture, read_pictures, write_video
from tests.support.sigkill import Command, Mortals

SETTINGS = """\
enrolment: {cap: 2}  # one picture will be set aside
privacy: {retention: {bin_days: 0}}
"""


class Faces:
    """Pictures of the woman and the man whom every machine has, numbered from 0 to 4."""

    def __init__(self, portrait: Path, carphone: Path) -> None:
        self._woman = cv2.imread(str(portrait))
        self._men = list(read_pictures(carphone, 110))

    def woman(self, number: int) -> Picture:
        turn = cv2.getRotationMatrix2D((224, 125), 5 * number - 8, 0.9)
        return cv2.warpAffine(self._woman, turn, (512, 512))

    def man(self, number: int) -> Picture:
        return cv2.resize(self._men[25 * number], None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)

    def both(self, number: int) -> tuple[Picture, Picture]:
        return self.woman(number), self.man(number)

    def film(self) -> Iterator[Picture]:
        """The two side by side for a second, and then nobody."""
        woman = cv2.resize(self._woman, (288, 288), interpolation=cv2.INTER_AREA)
        for man in self._men[:25]:
            yield np.hstack([woman, cv2.resize(man, (352, 288), interpolation=cv2.INTER_CUBIC)])
        for _ in range(10):
            yield np.full((288, 640, 3), 90, np.uint8)


@dataclass(frozen=True)
class Ground:
    """Where homes are made, in a folder, and by what; making them takes some seconds."""

    folder: Path
    mortals: Mortals
    faces: Faces

    def run(self, home: Path, *arguments: str | Path) -> None:
        ended = self.mortals.run(home, *arguments)
        assert ended.code == 0, ended.told

    def people(self, name: str, people: Mapping[str, Sequence[Picture]]) -> Path:
        """A folder of pictures of each of some people."""
        for person, pictures in people.items():
            (self.folder / name / person).mkdir(parents=True)
            for place, picture in enumerate(pictures):
                assert cv2.imwrite(str(self.folder / name / person / f"{place}.png"), picture)
        return self.folder / name

    def home(self, name: str, people: Mapping[str, Sequence[Picture]], settings: str = "") -> Path:
        """A home in which some people are enrolled."""
        home = self.folder / name
        home.mkdir()
        (home / "mien.yaml").write_text(settings)
        self.run(home, "people", "import", self.people(f"people of {name}", people), "--overrule")
        return home

    def changed(self, home: Path, name: str, *arguments: str | Path) -> Path:
        """A copy of a home after a command."""
        copy = self.folder / name
        shutil.copytree(home, copy)
        self.run(copy, *arguments)
        return copy


def commands(folder: Path, mortals: Mortals, portrait: Path, carphone: Path) -> tuple[Command, ...]:
    """What is killed, each over its own home in a folder."""
    ground = Ground(folder, mortals, Faces(portrait, carphone))
    return *_in_order(ground), *_out_of_place(ground), *_at_cameras(ground)


def _in_order(ground: Ground) -> Iterator[Command]:
    """What people are enrolled, put in order and let go of by."""
    both = ground.faces.both
    base = ground.home("base", {"Ann": both(0), "Bea": both(1), "Cid": both(2)}, SETTINGS)
    ground.run(base, "people", "rename", "Ann", "Anna")
    ground.run(base, "people", "set-aside", "3")
    ground.run(base, "people", "hide", "Cid")
    new = ground.people("new", {"Dan": both(0), "Eve": both(1), "Cid": both(2), "Bea": both(3)})
    yield Command("a new home", ("people", "import", new, "--overrule"), ground.folder / "nowhere", is_one=False)
    merge = ("people", "merge", "Anna", "Bea", "--yes")
    yield Command("merge", merge, base, counter=("people", "undo"))
    yield Command("undo", ("people", "undo"), ground.changed(base, "merged", *merge), counter=merge)
    yield Command("import", ("people", "import", new, "--overrule"), base, is_one=False)
    yield Command("reembed", ("people", "reembed", "--recognizer", "lbph", "--drop-old"), base, is_one=False)
    binned, bea = ground.changed(base, "binned", "people", "remove", "Bea", "--yes"), ("person-0002",)
    yield Command("purge", ("privacy", "purge"), binned, is_one=False, leaving=bea)
    yield Command("forget", ("privacy", "forget", "Bea", "--yes"), base, is_one=False, leaving=bea)


def _out_of_place(ground: Ground) -> Iterator[Command]:
    """What takes in people of another home, more pictures of some than are looked at here, and takes out wrong ones."""
    woman, man = ground.faces.woman, ground.faces.man
    women, men = [*map(woman, range(3))], [*map(man, range(3))]
    away = ground.home("away", {"Dan": men, "Eve": women[:2], "Fay": (*women, man(3))})
    archive = ground.folder / "away.mien"
    ground.run(away, "people", "export", "--out", archive)
    base = ground.folder / "base"
    yield Command("import archive", ("people", "import", archive), base, is_one=False)
    yield Command("cleanup", ("people", "cleanup", "--yes", "--min-age", "0"), away, counter=("people", "undo"))


def _at_cameras(ground: Ground) -> Iterator[Command]:
    """What looks at a woman who is known and a man who is not."""
    known = ground.home("known", {"Ada": [ground.faces.woman(2)]})
    film, out = write_video(ground.folder / "film.mp4", ground.faces.film()), ground.folder / "out"
    analyze = ("analyze", film, "--out", out)
    met = ground.changed(known, "met", *analyze)
    enrol = ("people", "enrol", "Ada", "--cluster", "unknown-0001", "--overrule")
    yield Command("enrol a stranger", enrol, met, counter=("people", "undo"))
    yield Command("analyze", analyze, known, is_one=False, looks=True)
    yield Command("watch", ("watch", film, "--seconds", "2", "--json"), met, is_one=False, looks=True)
