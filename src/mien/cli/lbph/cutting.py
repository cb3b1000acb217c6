"""`mien lbph acquire`: a person is guided before a camera, or found in pictures and videos, and the faces are kept."""

from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mien.cli.lbph.outside import note
from mien.cli.people.enrolment.advising import shown
from mien.cli.terminal import DownloadBar, Invocation, limit_opencv, print_json, print_text
from mien.domain.clock import SystemClock
from mien.domain.errors import GalleryError, SourceError
from mien.domain.people.sittings import SITTING_S, SNAPSHOTS
from mien.telemetry.text import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from mien.engine.classic.acquiring import Acquisition
    from mien.gallery.enrolment.guidance import Advice, Guidance
    from mien.settings import Settings
    from mien.sources.source import Source

_LOOKS = 3  # faces that are compared with those that are there before any is kept
_NEAR_COPY = 0.9  # half a second apart, 95 % of the views of somebody who talks are less alike than 0.83
_ANYBODY = -1.0  # similarity: two faces of one person before this recogniser may have nothing in common


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many faces of whom are to be cut into which folder (a tidy name, in ``out``), and what was asked for.

    ``snapshots`` and ``timeout_s`` are none where nobody said; ``is_same`` is what the user says of faces there.
    """

    name: str
    out: Path
    snapshots: int | None
    timeout_s: float | None
    is_same: bool

    @property
    def count(self) -> int:
        return self.snapshots or SNAPSHOTS

    @property
    def folder(self) -> Path:
        return self.out / self.name


@dataclass(slots=True)
class Faces:
    """The faces that are cut: kept in a person's folder as they come, and no stranger's among those that are there."""

    wanted: Wanted
    there: "list[NDArray[np.uint8]]"
    on_first: "Callable[[], None]"
    written: list[Path] = field(default_factory=list)
    _held: "list[NDArray[np.uint8]]" = field(default_factory=list)

    def add(self, face: "NDArray[np.uint8]") -> None:
        """Keep a face (112, 112), or hold it back until one is like those there; raises GalleryError, ResultError."""
        from mien.engine.classic.snapshots import save_face
        from mien.gallery.lbph.model import are_alike

        self._held.append(face)
        is_open = bool(self.there) and not self.wanted.is_same and not self.written
        if is_open and not are_alike(self.there, self._held):
            if len(self._held) >= min(_LOOKS, self.wanted.count):
                raise self._unlike()
            return
        if not self.written:
            self.on_first()
        while self._held:
            self.written.append(save_face(self.wanted.out, self.wanted.name, self._held.pop(0)))

    def check(self) -> None:
        """Raise GalleryError where all that came was held back."""
        if self._held:
            raise self._unlike()

    def _unlike(self) -> GalleryError:
        return GalleryError(
            f"nothing was kept: the faces in {self.wanted.folder} look like somebody else's. Choose another name, or "
            "say --same-person where it is the same person in another light"
        )


def acquire_faces(call: Invocation, settings: "Settings", wanted: Wanted, source: str, *, json: bool) -> None:
    """Cut the faces of a source and report on them; ends with exit code 1 where there are too few."""
    from mien.engine.classic.snapshots import faces_there
    from mien.sources.opening import expand

    faces = Faces(wanted, faces_there(wanted.out, wanted.name), lambda: note(settings, "faces", wanted.out))
    specs = expand(source)
    limit_opencv()
    with closing(_opened(settings, specs[0])) as first:
        if faces.there:
            call.notice(f"{wanted.folder} holds {counted(len(faces.there), 'face')} already: new ones are added")
        acquisition = _acquisition(call, settings, wanted, specs[0], first)
        must_suffice = first.is_live or bool(wanted.snapshots)
        try:
            with shown(call, acquisition.guidance) if first.is_live else _counted(call, wanted.count) as show:
                ended = _cut(acquisition, _sources(settings, first, specs), show, faces)
            faces.check()
        except SourceError as error:
            if not faces.written:
                raise
            ended, must_suffice = str(error), True
        except KeyboardInterrupt:
            kept = f"kept so far: {counted(len(faces.written), 'face')} in {wanted.folder}"
            call.notice(f"interrupted; {kept if faces.written else 'nothing was kept'}")
            raise
    _report(wanted, (source, ended), acquisition.guidance, faces, json=json)
    if must_suffice and len(faces.written) < wanted.count:
        mostly = acquisition.guidance.refused.most_common(1)
        why = f"{ended} ({mostly[0][0]})" if mostly else ended
        call.failure(f"{len(faces.written)} of {wanted.count} faces: {why}")
        raise typer.Exit(1)


def _cut(
    acquisition: "Acquisition", sources: "Iterator[Source]", show: "Callable[[Advice], None]", faces: Faces
) -> str:
    """Look at one source after the other; why it came to its end."""
    guidance = acquisition.guidance
    name = ""
    for source in sources:
        name = source.name
        for advice, face in acquisition.follow(source.frames(), source.is_still):
            if face is not None:
                faces.add(face)
            show(replace(advice, done=len(faces.written)))  # what is held back may yet be thrown away
        if guidance.is_over:
            return "" if len(guidance.portraits) == faces.wanted.count else "the time is up"
    return f"{name} has ended"


@contextmanager
def _counted(call: Invocation, wanted: int) -> "Iterator[Callable[[Advice], None]]":
    """Tell of what is recorded, where nobody can be told what to do, how many faces there are."""
    told = 0

    def tell(advice: "Advice") -> None:
        nonlocal told
        if advice.done > told:
            told = advice.done
            call.notice(f"{told} of {wanted}")

    yield tell


def _opened(settings: "Settings", spec: str) -> "Source":
    from mien.wiring.sources import open_whole

    return open_whole(spec, settings, SystemClock())


def _sources(settings: "Settings", first: "Source", specs: tuple[str, ...]) -> "Iterator[Source]":
    """Every source, open while it is looked at."""
    with closing(first):
        yield first
    for spec in specs[1:]:
        with closing(_opened(settings, spec)) as source:
            yield source


def _acquisition(call: Invocation, settings: "Settings", wanted: Wanted, spec: str, source: "Source") -> "Acquisition":
    """What looks: before a camera it asks for poses and news, of what is recorded it takes what comes."""
    from mien.engine.classic.acquiring import Acquisition
    from mien.gallery.enrolment.guidance import Guidance, GuidanceSettings
    from mien.settings.tree import camera_settings
    from mien.wiring.models import build_shelf
    from mien.wiring.people import build_classic_eyes

    limit_s = wanted.timeout_s or (SITTING_S if source.is_live else float("inf"))
    near_copy = _NEAR_COPY if source.is_live else float("inf")
    asked = GuidanceSettings(near_copy, _ANYBODY, snapshots=wanted.count, timeout_s=limit_s)
    shelf = build_shelf(settings, DownloadBar(call))
    eyes = build_classic_eyes(settings, shelf, camera_settings(settings, spec), has_turns=source.is_live)
    return Acquisition(eyes, Guidance(asked, has_turns=eyes.pose is not None))


def _report(wanted: Wanted, ran: tuple[str, str], guidance: "Guidance", faces: Faces, *, json: bool) -> None:
    """Say what was cut of the source, which ended for a reason (``ran``); raises GalleryError where it is nothing."""
    source, ended = ran
    if not faces.written:
        mostly = guidance.refused.most_common(1)
        raise GalleryError(f"{source} shows no face that could be trained on: {mostly[0][0] if mostly else ended}")
    if json:
        print_json(
            {
                "name": wanted.name,
                "folder": str(wanted.folder),
                "faces": [str(path) for path in faces.written],
                "refused": dict(guidance.refused.most_common()),
            }
        )
    else:
        print_text(f"{wanted.folder}: {len(faces.written)} of {wanted.count} faces")
