"""The challenge of a face login: what real people do in front of a camera is seen, and pictures and films of them fail.

Moves that people make in films are told by eye, frame by frame, and counted where they are recognised; a picture of
somebody is held before a camera in many ways, and films are replayed from every half second on, to every challenge
there is. None of these counts what the passive judge of liveness adds, which a login needs as well.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import permutations

import cv2
import numpy as np
from benchmarks.parts.held_pictures import KINDS, Picture
from benchmarks.parts.labelled_faces import images, labelled_people
from benchmarks.parts.report import Report, Table, measured, shared

from mien.domain.clock import SystemClock
from mien.engine.challenging import Watcher
from mien.gallery.challenge.challenge import Challenge, Seen, challenges
from mien.gallery.challenge.doorkeeper import LIVE, STRICTER
from mien.gallery.challenge.moves import MOVES, Face, Move, Neutral
from mien.inference.catalog import load_catalog
from mien.settings import load_settings
from mien.sources.images import read_picture
from mien.sources.opening import open_source
from mien.sources.pixels import ArrayPixels
from mien.vision.loading import load_eye_reader, load_judge, load_mesher
from mien.wiring.models import build_shelf, build_tasks, build_weights

CLIPS = ("acted-d0.mp4", "acted-d3.mp4", "acted-d6.mp4", "acted-d9.mp4", "stage-two-people.mp4", "carphone")
CHALLENGES = challenges()
FPS = 10.0
HELD_S, CALM_S = 6.5, 1.2
REPLAY_FROM_S = 0.5
PEOPLE = 5


@dataclass(frozen=True)
class Made:
    """A move that somebody makes in a clip, between two frames; it is measured against the frames of ``calm``."""

    clip: str
    move: Move
    first: int
    last: int
    calm: tuple[int, int] = (0, 8)


def _blinks(clip: str, *spans: tuple[int, int]) -> tuple[Made, ...]:
    return tuple(Made(clip, "blink", first, last, CALM[clip]) for first, last in spans)


CALM = {"acted-d0.mp4": (0, 8), "acted-d3.mp4": (0, 3), "acted-d9.mp4": (0, 8), "carphone": (0, 8)}
MADE = (
    Made("acted-d0.mp4", "smile", 22, 62),
    *_blinks("acted-d0.mp4", (64, 70)),
    Made("acted-d3.mp4", "right", 10, 26, (0, 3)),
    Made("acted-d3.mp4", "right", 204, 226, (0, 3)),
    Made("acted-d3.mp4", "left", 146, 180, (0, 3)),
    Made("acted-d3.mp4", "left", 246, 286, (0, 3)),
    Made("acted-d3.mp4", "nod", 226, 262, (0, 3)),
    *_blinks("acted-d3.mp4", (46, 66), (100, 168), (212, 254)),  # lids are lowered
    Made("acted-d9.mp4", "smile", 294, 362),
    *_blinks("acted-d9.mp4", (10, 20), (35, 44), (292, 300), (304, 312), (362, 372), (379, 390), (421, 432)),
    *_blinks("acted-d9.mp4", (444, 453), (485, 492), (519, 533), (554, 566)),
    *_blinks("carphone", (40, 45)),
)
"""Told by eye; frames count from 0."""


def main() -> None:
    """Measure, and publish the tables."""
    with measured() as seconds:
        watcher = build()
        tables = [_strictness(), *(table(watcher) for table in (_people, _slides, _replays, _pictures))]
    Report("challenge", tables, {"challenges": len(CHALLENGES), "fps": FPS}, seconds).publish()


def build() -> Watcher:
    """What looks, with the default models."""
    settings = load_settings()
    shelf = build_shelf(settings)
    tasks = build_tasks(settings, shelf)
    return Watcher(
        tasks.detector,
        tasks.assessor,
        tasks.recogniser,
        load_mesher(shelf.take("face-mesh")),
        load_eye_reader(shelf.take("eye-contours")),
        load_judge(shelf.take("minifasnet")),
        tasks.classifier,
        settings.matching,
    )


@cache
def looks(watcher: Watcher, clip: str) -> tuple[Seen, ...]:
    """Looks at every frame of a clip; of several people the largest face is taken."""
    settings = load_settings()
    path = (
        build_weights(settings).path(load_catalog().card(clip))
        if clip == "carphone"
        else shared("data", "videos", clip)
    )
    source = open_source(str(path), settings.capture, SystemClock())
    return tuple(_largest(watcher, frame.pixels.bgr(), frame.time_s) for frame in source.frames())


def _largest(watcher: Watcher, picture: Picture, time_s: float) -> Seen:
    pixels = ArrayPixels(picture)
    seen = watcher.look(pixels, time_s)
    if not seen.is_crowd:
        return seen
    faces = watcher.detector.detect(pixels)
    x1, y1, x2, y2 = faces.boxes[int(np.prod(faces.boxes[:, 2:] - faces.boxes[:, :2], axis=1).argmax())]
    alone = np.full_like(picture, 110)
    half = (x2 - x1) * 0.5, (y2 - y1) * 0.5
    left, top = max(int(x1 - half[0]), 0), max(int(y1 - half[1]), 0)
    part = slice(top, int(y2 + half[1])), slice(left, int(x2 + half[0]))
    alone[part] = picture[part]
    return watcher.look(ArrayPixels(alone), time_s)


def thinned(seen: Sequence[Seen], fps: float = FPS) -> list[Seen]:
    """As many looks a second as a browser sends."""
    taken: list[Seen] = []
    for one in seen:
        if not taken or one.time_s >= taken[-1].time_s + 0.999 / fps:
            taken.append(one)
    return taken


def judged(seen: Sequence[Seen], moves: Sequence[Move]) -> Challenge:
    """A challenge over looks, until it is over."""
    challenge = Challenge(moves)
    for one in seen:
        challenge.consider(one)
        if challenge.is_over:
            break
    return challenge


def _people(watcher: Watcher) -> Table:
    """Moves that people make, recognised or not; and moves that are seen where nobody made any."""
    made, seen, amiss, looked = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for clip in dict.fromkeys(one.clip for one in MADE):
        own, of_clip = [one for one in MADE if one.clip == clip], looks(watcher, clip)
        faces = [one.face for one in of_clip]
        for one in own:
            signs = [_signs(faces, one.calm, face) for face in faces[one.first : one.last + 1] if face]
            made[one.move] += 1
            seen[one.move] += any(sign.shows(one.move) for sign in signs)
        for move in MOVES:
            spans = [range(one.first - 6, one.last + 7) for one in own if one.move == move]
            rest = [(at, face) for at, face in enumerate(faces) if face and not any(at in span for span in spans)]
            looked[move] += len(rest)
            amiss[move] += sum(_signs(faces, own[0].calm, face).shows(move) for _, face in rest)
    rows = [(move, made[move], seen[move], looked[move], amiss[move]) for move in MOVES]
    columns = ("move", "made", "recognised", "other looks", "of these taken for it")
    return Table("moves of people in films", columns, rows)


def _signs(faces: Sequence[Face | None], calm: tuple[int, int], face: Face):  # type: ignore[no-untyped-def]
    return Neutral.of([one for one in faces[calm[0] : calm[1] + 1] if one]).signs(face)


def _portraits(watcher: Watcher) -> Iterator[Picture]:
    """Pictures of people: from the clips, of the samples of spoofing, and of LFW, of those that look calm."""
    for clip in CLIPS[:4]:
        source = open_source(str(shared("data", "videos", clip)), load_settings().capture, SystemClock())
        yield next(iter(source.frames())).pixels.bgr()
    for path in sorted(shared("data", "antispoof").glob("*.jpg")):
        yield read_picture(str(path), 100)
    files = sorted(images().glob("*/*.jpg"))
    found = 0
    for path in files[:: len(files) // 200]:
        picture = read_picture(str(path), 100)
        seen = watcher.look(ArrayPixels(_as_seen(picture)), 0.0)
        if found < PEOPLE and seen.face and seen.face.happiness < 0.4 and seen.face.quality > 0.7:
            found += 1
            yield picture


def _as_seen(picture: Picture) -> Picture:
    """A picture as large as a camera's, with room around it."""
    scale = 480 / max(picture.shape[:2])
    sized = cv2.resize(
        picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    )
    return np.asarray(cv2.copyMakeBorder(sized, 60, 60, 80, 80, cv2.BORDER_CONSTANT, value=(110, 110, 110)), np.uint8)


def _pictures(watcher: Watcher) -> Table:
    """Pictures held before the camera, to every challenge."""
    pictures = [_as_seen(picture) for picture in _portraits(watcher)]
    straight = [[watcher.look(ArrayPixels(one), at / FPS) for at in range(int(CALM_S * FPS))] for one in pictures]
    rows = []
    for kind, held in KINDS.items():
        tried = begun = passed = single = live = 0
        for picture, calm in zip(pictures, straight, strict=True):
            seen = [
                watcher.look(ArrayPixels(held(picture, at / FPS)), CALM_S + at / FPS) for at in range(int(HELD_S * FPS))
            ]
            for moves in CHALLENGES:
                one = judged([*calm, *seen], moves)
                tried, passed = tried + 1, passed + one.has_passed
                begun += one.progress.phase != "settle"
                single += one.progress.done > 0
                live += bool(one.evidence.vectors) and one.evidence.live >= LIVE
        rows.append((kind, tried, begun, single, passed, live))
    columns = ("a picture that is", "challenges", "that began", "one move made", "passed", "and judged live")
    return Table(f"{len(pictures)} pictures held before the camera", columns, rows)


def _replays(watcher: Watcher) -> Table:
    """Films shown again and again, from every half second on, to every challenge."""
    rows = []
    for clip in CLIPS:
        seen = thinned(looks(watcher, clip))
        length = seen[-1].time_s + 1 / FPS
        starts = [at for at, one in enumerate(seen) if at == 0 or one.time_s % REPLAY_FROM_S < 1 / FPS]
        ends: Counter[str] = Counter()
        for start in starts:
            again = [
                replace(one, time_s=one.time_s + lap * length) for lap in range(1 + int(25 / length)) for one in seen
            ]
            for moves in CHALLENGES:
                one = judged(again[start:], moves)
                ends[one.progress.failure or one.progress.phase] += 1
        tried = len(starts) * len(CHALLENGES)
        rows.append((clip, tried, ends["passed"], 100 * ends["passed"] / tried, ends["another move"], ends["too slow"]))
    total = sum(row[1] for row in rows)
    rows.append(
        (
            "all",
            total,
            sum(r[2] for r in rows),
            100 * sum(r[2] for r in rows) / total,
            sum(r[4] for r in rows),
            sum(r[5] for r in rows),
        )
    )
    columns = ("film replayed", "challenges", "passed", "passed, %", "another move", "too slow")
    return Table("films replayed", columns, rows)


def _slides(watcher: Watcher) -> Table:
    """Single frames of a film, shown like slides in the right order: by a forger who has a picture of each move."""
    rows = []
    for clip in dict.fromkeys(one.clip for one in MADE):
        seen, own = looks(watcher, clip), {one.move: one for one in MADE if one.clip == clip}
        for moves in (pair for pair in permutations(MOVES, 2) if set(pair) <= own.keys()):
            slides = [
                own[moves[0]].calm[0],
                *(at for move in moves for at in (_utmost(seen, own[move]), own[move].calm[0])),
            ]
            shown, time_s = [], 0.0
            for at in slides:
                for _ in range(int(1.5 * FPS)):
                    shown.append(replace(seen[at], time_s=time_s))
                    time_s += 1 / FPS
            rows.append(
                (
                    clip,
                    " ".join(moves),
                    moves in CHALLENGES,
                    judged(shown, moves).progress.done,
                    judged(shown, moves).has_passed,
                )
            )
    return Table("slides of single frames", ("film", "moves", "is asked", "moves made", "passed"), rows)


def _utmost(seen: Sequence[Seen], made: Made) -> int:
    faces = [one.face for one in seen]
    there = [
        at
        for at in range(made.first, made.last + 1)
        if (face := faces[at]) and _signs(faces, made.calm, face).shows(made.move)
    ]
    return there[len(there) // 2] if there else made.first


def _strictness() -> Table:
    """Strangers of LFW before galleries of other people: how many are named at a camera, and let in at the door.

    Five pictures stand for somebody, in the gallery and before the door, where there are as many; else one does.
    """
    people, settings = labelled_people(), load_settings().matching
    rows_of = people.rows_of(None)
    names = sorted(rows_of)
    chance = np.random.default_rng(0)
    rows = []
    for size in (1, 10, 100, 1_000):
        named = let_in = tried = 0
        genuine = known = entered = 0
        for _ in range(max(4_000 // size, 10)):
            chosen = chance.permutation(len(names))
            inside, outside = chosen[:size], chosen[size : size + 400]
            means = np.stack([_mean(people.vectors[rows_of[names[at]][:5]]) for at in inside])
            for crowd, is_own in ((outside, False), (inside[:200], True)):
                for place, at in enumerate(crowd):
                    own = rows_of[names[at]]
                    if is_own and len(own) < 2:
                        continue
                    asked = _mean(people.vectors[own[-1:]])
                    if is_own:
                        others = means.copy()
                        others[place] = _mean(people.vectors[own[:-1][:5]])
                        best = float(others[place] @ asked)
                        genuine += 1
                        known += best >= settings.known_above(size)
                        entered += best >= settings.known_above(size * STRICTER)
                    else:
                        best = float((means @ asked).max())
                        tried += 1
                        named += best >= settings.known_above(size)
                        let_in += best >= settings.known_above(size * STRICTER)
        rows.append((size, tried, named, let_in, genuine, known / max(genuine, 1), entered / max(genuine, 1)))
    columns = ("people", "strangers", "named at a camera", "let in", "own pictures", "known at a camera", "let in ")
    return Table("stricter than a camera, by one picture", columns, rows)


def _mean(vectors: np.ndarray) -> np.ndarray:
    mean = vectors.mean(axis=0)
    return mean / np.linalg.norm(mean)


if __name__ == "__main__":
    main()
