"""Are shifts of expression told as a viewer sees them, and flickers not? Films in which what is held was marked by eye.

The rule's numbers were chosen on two films and are measured on the others, in one of which nothing is ever held.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.parts.report import Report, Table, measured, shared

from mien.domain.clock import SystemClock
from mien.domain.events import ExpressionShifted
from mien.domain.readings import FrameReading
from mien.events.rules import EventSettings
from mien.events.shifts import ShiftRules
from mien.inference.catalog import load_catalog
from mien.settings import load_settings
from mien.sources.opening import open_source
from mien.sources.sampling import Sampler
from mien.wiring.assembly import Assembly, assemble, camera_settings
from mien.wiring.models import build_weights

HELD_S = 1.0
"""A viewer says that an expression changed where the new one stays for so long."""
SLACK_S = 0.3  # how exactly a change is marked


@dataclass(frozen=True)
class Span:
    """From when to when (s) a face holds an expression, and what a viewer may call it."""

    begins_s: float
    ends_s: float
    words: frozenset[str]


def _span(begins_s: float, ends_s: float, *words: str) -> Span:
    return Span(begins_s, ends_s, frozenset(words))


MARKED: dict[str, tuple[Span, ...]] = {
    "acted-d0.mp4": (
        _span(0, 0.7, "neutral"),
        _span(0.8, 2.55, "happiness"),
        _span(2.7, 3.08, "neutral"),
    ),
    "acted-d3.mp4": (  # grimaces and winks before
        _span(2.1, 3.6, "neutral"),
        _span(3.7, 5.5, "sadness", "anger"),
        _span(5.7, 7.4, "neutral", "sadness"),
        _span(7.6, 9.2, "sadness", "anger"),
        _span(9.3, 9.8, "neutral", "fear"),
        _span(10.0, 11.77, "surprise"),
    ),
    "acted-d6.mp4": (_span(0, 1.7, "neutral"),),  # from then on the face never rests
    "acted-d9.mp4": (
        _span(0, 9.65, "neutral"),  # moves the mouth
        _span(9.75, 12.15, "happiness"),
        _span(12.25, 17.55, "neutral"),  # raises the brows twice, for less than a second
        _span(17.75, 18.85, "happiness", "contempt"),
        _span(18.95, 19.53, "neutral"),
    ),
    "carphone": (_span(0, 3.3, "neutral"),),  # speaks, and calls out at 2.0 and from 3.4 to the end
    "head-pose-face-detection-female-and-male.gif": (_span(0, 4.6, "neutral"),),  # two faces that turn
}
CHOSEN_ON = ("acted-d0.mp4", "acted-d3.mp4")
HOLDS_S, LEADS = (0.5, 0.8, 1.0, 1.2, 1.5), (0.1, 0.3, 0.5)
PACES_FPS = (10.0, 5.0, 2.5)
Readings = Sequence[FrameReading]


def main() -> None:
    """Measure, and publish the tables."""
    settings = EventSettings()
    with measured() as seconds, ExitStack() as stack:
        home = Path(stack.enter_context(TemporaryDirectory()))
        assembly = assemble(load_settings().model_copy(update={"home": home}), stack, SystemClock())
        paces = {fps: {film: _read(assembly, film, fps) for film in MARKED} for fps in (0.0, *PACES_FPS)}
    films = paces[0.0]
    rows = [_row(film, readings, settings) for film, readings in films.items()]
    slower = [(fps, *_sums(paces[fps], settings, True), *_sums(paces[fps], settings, False)) for fps in PACES_FPS]
    columns = ("film", "role", "faces, s", "looks", "answers", "confirmed", "events", "marked", "told", "besides")
    tables = [
        Table("changes a minute of answers, of confirmed ones, and of events; changes marked by eye", columns, rows),
        Table("where fewer frames are analysed", ("frames/s", *_SUMS), slower),
        Table("with other settings", ("shift_hold_s", "shift_lead", *_SUMS), [*_others(films)]),
    ]
    Report("expression_shifts", tables, {"held_s": HELD_S}, seconds).publish()


_SUMS = ("chosen on: told", "of", "besides", "measured on: told", "of these", "told besides")


def _read(assembly: Assembly, film: str, fps: float) -> Readings:
    settings, clock = assembly.settings, SystemClock()
    card = load_catalog().card(film) if film == "carphone" else None
    path = build_weights(settings).path(card) if card else shared("data", "videos", film)
    pipeline = assembly.pipelines.build(film, camera_settings(settings, film), is_still=False)
    source, sampler = open_source(str(path), settings.capture, clock), Sampler(fps=fps)
    return [pipeline.process(frame) for frame in source.frames() if sampler.wants(frame)]


def _row(film: str, readings: Readings, settings: EventSettings) -> tuple[Any, ...]:
    seconds = sum(len(one.faces) for one in readings) * readings[-1].time_s / max(len(readings) - 1, 1)
    looks = sum(face.emotion_source == "measured" for one in readings for face in one.faces)
    found = _told(readings, settings)
    agreed, marked = len(_agreed(film, found)), len(_changes(film))
    answers, confirmed, events = (
        60 * number / seconds
        for number in (_changed(readings, "emotion"), _changed(readings, "emotion_smoothed"), len(found))
    )
    role = "chosen on" if film in CHOSEN_ON else "measured"
    return film, role, round(seconds, 1), looks, answers, confirmed, events, marked, agreed, len(found) - agreed


def _others(films: dict[str, Readings]) -> Iterator[tuple[Any, ...]]:
    for hold_s in HOLDS_S:
        for lead in LEADS:
            settings = replace(EventSettings(), shift_hold_s=hold_s, shift_lead=lead)
            yield hold_s, lead, *_sums(films, settings, True), *_sums(films, settings, False)


def _sums(films: dict[str, Readings], settings: EventSettings, is_chosen: bool) -> tuple[int, int, int]:
    told = marked = agreed = 0
    for film, readings in films.items():
        if (film in CHOSEN_ON) == is_chosen:
            found = _told(readings, settings)
            told, marked = told + len(found), marked + len(_changes(film))
            agreed += len(_agreed(film, found))
    return agreed, marked, told - agreed


def _told(readings: Readings, settings: EventSettings) -> list[tuple[float, ExpressionShifted]]:
    """Shifts that are told, each with when (s)."""
    numbers = count()
    rules, now = ShiftRules(settings, lambda: str(next(numbers))), SystemClock().now()
    return [
        (reading.time_s, event)
        for reading in readings
        for event in rules.see(reading, now)
        if isinstance(event, ExpressionShifted)
    ]


def _changed(readings: Readings, field: str) -> int:
    """How often what is said of a face is not what was said of it before."""
    last: dict[int, str] = {}
    changes = 0
    for reading in readings:
        for face in reading.faces:
            if said := getattr(face, field):
                changes += said != last.get(face.track_id, said)
                last[face.track_id] = said
    return changes


def _changes(film: str) -> list[int]:
    """The places of marked spans in which a viewer says that the expression has changed."""
    spans = MARKED[film]
    return [place for place in range(1, len(spans)) if spans[place].ends_s - spans[place].begins_s >= HELD_S]


def _agreed(film: str, told: Sequence[tuple[float, ExpressionShifted]]) -> set[int]:
    """The marked changes that are told, while what they changed to is held, in words that fit; each counts once."""
    spans = MARKED[film]
    return {
        place
        for place in _changes(film)
        for time_s, event in told
        if spans[place].begins_s <= time_s <= spans[place].ends_s + SLACK_S
        and event.to_expression in spans[place].words
        and event.from_expression in spans[place - 1].words
    }


if __name__ == "__main__":
    main()
