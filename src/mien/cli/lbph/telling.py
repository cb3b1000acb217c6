"""`mien lbph predict`: who is on a picture, or in view of a camera or a video while it runs."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import typer

from mien.cli.terminal import (
    Invocation,
    limit_opencv,
    print_json,
    print_table,
    print_text,
    printable,
    stdout_console,
    until_interrupted,
)
from mien.domain.clock import SystemClock
from mien.domain.errors import SourceError

if TYPE_CHECKING:
    from mien.engine.classic.naming import ClassicNaming, Scene, TrackSeen
    from mien.gallery.enrolment.sight import Sight
    from mien.gallery.lbph.model import LbphModel
    from mien.gallery.lbph.naming import TrackName
    from mien.inference.installed import ModelShelf
    from mien.settings import Settings
    from mien.sources.source import Source

Told = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells who is to be seen at sources by a trained model, in words or for one JSON object."""

    settings: "Settings"
    shelf: "ModelShelf"
    sight: "Sight"
    model: "LbphModel"
    seconds: float
    is_json: bool

    def tell(self, spec: str, title: str = "") -> Told:
        """What a picture, a video or a camera shows; raises SourceError where there is none."""
        from mien.wiring.sources import open_whole

        with closing(open_whole(spec, self.settings, SystemClock())) as source:
            return self._picture(source, title) if source.is_still else self._moving(source, spec, title)

    def _picture(self, source: "Source", title: str) -> Told:
        faces, answers = self.model.look(next(iter(source.frames())).pixels, self.sight.detector)
        threshold = self.model.rejection.threshold
        rows = [
            {
                "box": box.tolist(),
                "score": float(score),
                "identity": "known" if answer.name else "unknown",
                "name": answer.name,
                "distance": answer.distance,
                "threshold": threshold,
            }
            for box, score, answer in zip(faces.boxes, faces.scores, answers, strict=True)
        ]
        if not self.is_json:
            cells = (
                (answer.name or "unknown", f"{answer.distance:.1f}", " ".join(f"{side:.0f}" for side in box))
                for answer, box in zip(answers, faces.boxes, strict=True)
            )
            self._print(title, ("who", "distance.", "box"), list(cells))
        return {"faces": rows}

    def _moving(self, source: "Source", spec: str, title: str) -> Told:
        from mien.wiring.assembly import camera_settings
        from mien.wiring.pipelines import build_classic_naming

        naming = build_classic_naming(self.settings, camera_settings(self.settings, spec), self.model, self.shelf)
        if title and not self.is_json:
            print_text(title)
        with _silent() if self.is_json else _shown() as show:
            length_s, error = _watched(source, naming, self.seconds, show)
        if not self.is_json:
            rows = [_cells(one) for one in naming.tracks]
            self._print(title, ("face.", "who", "from s.", "to s.", "frames.", "looks.", "distance."), rows)
        threshold = self.model.rejection.threshold
        tracks = [{**_fields(one), "threshold": threshold} for one in naming.tracks]
        return {"source": source.name, "seconds": length_s, "error": error, "tracks": tracks}

    def _print(self, title: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
        if rows:
            print_table(title, columns, rows)
            print_text(f"nobody from a distance of {self.model.rejection.threshold:.1f} on")
        else:
            print_text(f"{title}: no face was found" if title else "no face was found")


def tell_sources(call: Invocation, teller: Teller, typed: str) -> None:
    """Tell of a source, or of everything in a folder; exits with 1 where something could not be seen to its end."""
    from mien.sources.opening import expand

    limit_opencv()
    specs = expand(typed)
    told: list[Told] = []
    for spec in specs:
        try:
            one = teller.tell(spec, spec if len(specs) > 1 else "")
        except SourceError as error:
            if len(specs) == 1:
                raise
            one = {"error": str(error)}
        if one.get("error"):
            call.failure(one["error"])
        told.append({"source": spec, "error": "", **one} if len(specs) > 1 else one)
    if teller.is_json:
        print_json(told[0] if len(told) == 1 else {"sources": told})
    if any(one.get("error") for one in told):
        raise typer.Exit(1)


def _watched(
    source: "Source", naming: "ClassicNaming", seconds: float, show: "Callable[[Scene], None]"
) -> tuple[float, str]:
    """Look until the source, the seconds or Ctrl-C end it: how long, and why the source broke off if it did."""
    time_s = 0.0
    with until_interrupted() as stop:
        try:
            for frame in source.frames():
                time_s = frame.time_s
                if stop.is_set() or (seconds and time_s >= seconds):
                    break
                show(naming.see(frame))
        except SourceError as error:
            return time_s, str(error)
    return time_s, ""


@contextmanager
def _silent() -> "Iterator[Callable[[Scene], None]]":
    yield lambda _scene: None


@contextmanager
def _shown() -> "Iterator[Callable[[Scene], None]]":
    """Tell changes in lines, and on a terminal below them, in a line that is drawn anew, who is in view."""
    console, changes = stdout_console(), _Changes()
    if not console.is_terminal:

        def tell(scene: "Scene") -> None:
            for line in changes.of(scene):
                print_text(line)

        yield tell
        return
    from rich.live import Live
    from rich.text import Text

    with Live(Text(""), console=console, transient=True, auto_refresh=False) as live:

        def draw(scene: "Scene") -> None:
            for line in changes.of(scene):
                live.console.print(Text(printable(line)))
            live.update(Text(printable(_line(scene)), no_wrap=True, overflow="ellipsis"), refresh=True)

        yield draw


@dataclass(slots=True)
class _Changes:
    """What is new of the faces in view: each that comes, what it is called from then on, and that it is gone."""

    _told: dict[int, tuple[str, str]] = field(default_factory=dict)

    def of(self, scene: "Scene") -> Iterator[str]:
        for face in scene.faces:
            news = face.who.standing, face.who.name
            if self._told.get(face.track) != news:
                self._told[face.track] = news
                yield f"{scene.time_s:7.1f} s  face {face.track}: {_who(face)}"
        for track in scene.ended:
            if self._told.pop(track, None):
                yield f"{scene.time_s:7.1f} s  face {track}: gone"


def _line(scene: "Scene") -> str:
    return f"{scene.time_s:7.1f} s  {'; '.join(map(_who, scene.faces)) or 'nobody is in view'}"


def _who(face: "TrackSeen") -> str:
    distance = f" (distance {face.who.distance:.1f})" if face.who.looks else ""
    why = f": the face is {face.poor}" if face.who.standing == "undecided" and face.poor else ""
    return f"{_called(face.who)}{distance}{why}"


def _called(who: "TrackName") -> str:
    return who.name or who.standing


def _cells(track: "TrackSeen") -> tuple[str, ...]:
    who = track.who
    distance = f"{who.distance:.1f}" if who.looks else ""
    return (
        str(track.track),
        _called(who),
        f"{track.from_s:.1f}",
        f"{track.to_s:.1f}",
        str(track.frames),
        str(who.looks),
        distance,
    )


def _fields(track: "TrackSeen") -> Mapping[str, Any]:
    who = track.who
    return {
        "track": track.track,
        "identity": who.standing,
        "name": who.name,
        "from_s": track.from_s,
        "to_s": track.to_s,
        "frames": track.frames,
        "looks": who.looks,
        "distance": who.distance,
    }
