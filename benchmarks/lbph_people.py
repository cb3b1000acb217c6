"""The classic recogniser: whom it names on other footage and other days, and how often a stranger gets a name.

LFW, View 1 train: people with more than five pictures are trained with five, some at a time; their others (five at
most) and people of one picture are asked about, one look each. The default recogniser is asked the same by the most
similar picture, at the threshold of its settings for so many people. The distance from which on a face is nobody's was
chosen on these pictures. The clips had no part in it: of every choice of one to three of the four actors, faces are cut
from the first half of the clip as `mien lbph acquire` does, and who is in view of the second half is told as by `mien
lbph predict`, the other actors and the people of four more clips being strangers.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import combinations
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.parts.report import Report, Table, measured, shared
from numpy.typing import NDArray

from mien.domain.clock import SystemClock
from mien.domain.errors import EnrolmentRefused
from mien.domain.frame import Frame
from mien.engine.classic.acquiring import Acquisition
from mien.engine.classic.naming import ClassicNaming, TrackSeen
from mien.engine.guiding import Eyes
from mien.gallery.enrolment.guidance import Guidance, GuidanceSettings
from mien.gallery.enrolment.sight import Sight
from mien.gallery.lbph.model import LbphModel
from mien.settings import load_settings
from mien.sources.opening import open_source
from mien.wiring.assembly import camera_settings
from mien.wiring.models import build_shelf
from mien.wiring.people import build_classic_sight, build_sight
from mien.wiring.pipelines import build_classic_naming

Face = NDArray[np.uint8]

ACTORS = ("acted-d0.mp4", "acted-d3.mp4", "acted-d6.mp4", "acted-d9.mp4")
OTHERS = (
    "stage-two-people.mp4",
    "classroom.gif",
    "face-demographics-walking-and-pause.gif",
    "head-pose-face-detection-female-and-male.gif",
)
TRAINED, ASKED, STRANGERS, DRAWS = 5, 5, 400, 20
PEOPLE = (1, 2, 5, 20, 100)
SETTINGS = load_settings()
SHELF = build_shelf(SETTINGS)
CLASSIC = build_classic_sight(SETTINGS, SHELF)


def main() -> None:
    report = Report("lbph_people")
    with measured() as report.seconds:
        report.tables += [_on_pictures(), _on_clips()]
    report.publish()


def _on_pictures() -> Table:
    folders = sorted(path for path in shared("data", "lfw", "images").iterdir() if path.is_dir())
    pictures = {folder.name: sorted(folder.iterdir())[: TRAINED + ASKED] for folder in folders}
    many = [name for name, own in pictures.items() if len(own) > TRAINED]
    alone = [name for name, own in pictures.items() if len(own) == 1][:STRANGERS]
    network = build_sight(SETTINGS, SHELF)
    seen = {name: list(_portraits(pictures[name], network)) for name in (*many, *alone)}
    many = [name for name in many if len(seen[name]) > TRAINED]
    strangers = [seen[name][0] for name in alone if seen[name]]
    random = np.random.default_rng(0)
    rows = []
    for people in PEOPLE:
        counts: dict[str, Counter[str]] = {"mien lbph": Counter(), "default recogniser": Counter()}
        for _ in range(max(1, DRAWS // people)):
            drawn = random.choice(many, people, replace=False).tolist()
            model = LbphModel.train({name: [face for face, _ in seen[name][:TRAINED]] for name in drawn})
            vectors = np.concatenate([[vector for _, vector in seen[name][:TRAINED]] for name in drawn])
            least = SETTINGS.matching.known_above(people)
            asked = [(name, one) for name in drawn for one in seen[name][TRAINED:]]
            for name, (face, vector) in [*asked, *(("", one) for one in strangers)]:
                counts["mien lbph"][_outcome(name, model.predict(face).name)] += 1
                near = vectors @ vector
                said = drawn[int(near.argmax()) // TRAINED] if near.max() >= least else ""
                counts["default recogniser"][_outcome(name, said)] += 1
        rows += [(people, who, *_shares(count)) for who, count in counts.items()]
    columns = ("people trained", "by", "looks", "named rightly", "named wrongly", "looks at strangers", "with a name")
    return Table("LFW View 1 train, five pictures each, pictures of other days", columns, rows)


def _portraits(paths: Sequence[Path], network: Sight) -> Iterator[tuple[Face, NDArray[np.float32]]]:
    """What both recognisers see of a picture, where neither refuses it."""
    for path in paths:
        try:
            pixels = CLASSIC.open_picture(path)
            yield CLASSIC.portrait(pixels).crop[..., 0], network.portrait(pixels).vector
        except EnrolmentRefused:
            continue


def _outcome(name: str, said: str) -> str:
    if not name:
        return "stranger named" if said else "stranger"
    return "right" if said == name else "wrong" if said else "nobody"


def _shares(count: Counter[str]) -> tuple[Any, ...]:
    looks, strangers = count["right"] + count["wrong"] + count["nobody"], count["stranger"] + count["stranger named"]
    return looks, count["right"] / looks, count["wrong"] / looks, strangers, count["stranger named"] / strangers


def _on_clips() -> Table:
    faces = {clip: _acquired(clip) for clip in ACTORS}
    rows = []
    for people in (1, 2, 3):
        known: Counter[str] = Counter()
        strangers: Counter[str] = Counter()
        for drawn in combinations(ACTORS, people):
            model = LbphModel.train({clip: faces[clip] for clip in drawn})
            for clip in (*ACTORS, *OTHERS):
                tracks = _named(clip, model, "second" if clip in ACTORS else "all")
                counter = known if clip in drawn else strangers
                counter.update(_of_track(clip, drawn, track) for track in tracks)
        rows.append((people, *_told(known, "right"), *_told(strangers)))
    columns = ("people trained", "tracks of them", "named rightly", "named wrongly", "unknown", "undecided")
    others = ("tracks of others", "named", "unknown, rightly", "undecided, others")
    return Table("Clips: trained on the first half, asked about the second", (*columns, *others), rows)


def _told(count: Counter[str], *right: str) -> tuple[int, ...]:
    return (count.total(), *(count[outcome] for outcome in (*right, "wrong", "unknown", "undecided")))


def _of_track(clip: str, drawn: Sequence[str], track: TrackSeen) -> str:
    if track.who.standing != "known":
        return track.who.standing
    return "right" if clip in drawn and track.who.name == clip else "wrong"


def _frames(clip: str, half: str) -> Iterator[Frame]:
    """The frames of a half of a clip, the *first* or the *second*, or *all* of it."""
    with closing(open_source(str(shared("data", "videos", clip)), SETTINGS.capture, SystemClock())) as source:
        middle = source.frame_count // 2
        for frame in source.frames():
            if half == "all" or (frame.index < middle) == (half == "first"):
                yield frame


def _acquired(clip: str) -> list[Face]:
    guidance = Guidance(GuidanceSettings(inf, -1.0, timeout_s=inf), has_turns=False)
    acquisition = Acquisition(Eyes(CLASSIC), guidance)
    return [face for _, face in acquisition.follow(_frames(clip, "first"), is_still=False) if face is not None]


def _named(clip: str, model: LbphModel, half: str) -> tuple[TrackSeen, ...]:
    naming: ClassicNaming = build_classic_naming(SETTINGS, camera_settings(SETTINGS, clip), model, SHELF)
    for frame in _frames(clip, half):
        naming.see(frame)
    return naming.tracks


if __name__ == "__main__":
    main()
