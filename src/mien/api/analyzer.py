"""mien as a library: one call for a picture, an Analyzer for videos, for many pictures, and for people."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.api.comparing import Comparison, LookedAt, compared, look_at, threshold_of
from mien.api.embedded import EmbeddedFace
from mien.domain.clock import SystemClock
from mien.domain.errors import UsageError
from mien.domain.frame import Frame
from mien.domain.people.consent import ConsentText
from mien.domain.readings import FaceReading, FrameReading
from mien.engine.staging import staged
from mien.gallery.enrolment.admission import Terms
from mien.gallery.enrolment.enroller import Enrolment
from mien.gallery.names import name_to_enrol
from mien.inference.catalog import load_catalog
from mien.privacy.consent import consent_told, scopes_of
from mien.privacy.purpose import Purpose
from mien.settings import Settings, load_settings
from mien.sources.images import SentPicture
from mien.sources.opening import open_picture
from mien.sources.pixels import ArrayPixels
from mien.sources.sampling import Sampler
from mien.wiring.assembly import Assembly, assemble, camera_settings
from mien.wiring.people import build_enroller
from mien.wiring.sources import open_whole

Picture = str | Path | NDArray[np.uint8]

Pictures = Picture | Iterable[Picture]

_ARRAY = "array"
_OF_A_BATCH = 4  # dimensions of an array that holds several pictures
_CHANNELS = (1, 3, 4)


class Analyzer:
    """Reads the faces of pictures and videos with models that are loaded once.

    Use it as a context manager, or close it. Faces are looked for among the people of the home (``MIEN_HOME``); in
    videos strangers are given ids that stay, a single picture leaves no trace. Without settings those of the home's
    ``mien.yaml`` and of the environment hold; ``home`` names another folder for people and history. Models are fetched
    at first use. For one thread at a time. Raises MienError.

        with mien.Analyzer() as analyzer:
            for reading in analyzer.video("meeting.mp4"):
                print(reading.time_s, [face.person_name or face.person_id for face in reading.faces])
    """

    def __init__(self, settings: Settings | None = None, *, home: str | Path | None = None) -> None:
        given = settings or load_settings()
        self.settings = given if home is None else given.model_copy(update={"home": Path(home).expanduser()})
        self._clock = SystemClock()
        with ExitStack() as stack:
            self._opened: Assembly | None = assemble(self.settings, stack, self._clock)
            self._stack = stack.pop_all()

    def picture(self, picture: Picture) -> tuple[FaceReading, ...]:
        """The faces of one picture: a path, or an array (h, w, 3) BGR or (h, w) grey, uint8.

        Raises SourceError where a file cannot be read, UsageError where it is a video (a GIF is one) or the address
        of a camera, ValueError where an array is no picture or there is none, as of a file that OpenCV cannot read.
        """
        frame = self._frame(picture)
        pipeline = self._assembly.pipelines.build_query(camera_settings(self.settings, frame.camera))
        return pipeline.process(frame).faces

    def video(self, source: str | Path, every_n: int = 0, fps: float = 0.0) -> Iterator[FrameReading]:
        """The readings of a video file, a recording with depth, a stream or a camera, frame by frame, as it is read.

        ``every_n`` takes each n-th frame, ``fps`` so many frames a second; a file is otherwise read whole. Identities
        are those known at each moment: a track's first rows may be undecided. Raises SourceError, and UsageError once
        the Analyzer is closed, in the midst of a video too.
        """
        sampler, pipelines = Sampler(every_n, fps), self._assembly.pipelines
        with closing(open_whole(str(source), self.settings, self._clock)) as opened:
            own = camera_settings(self.settings, opened.name)
            pipeline = pipelines.build(opened.name, own, opened.is_still)
            with staged(frame for frame in opened.frames() if sampler.wants(frame)) as frames:
                for frame in frames:
                    self._check_open()
                    yield pipeline.process(frame)

    def embed(self, picture: Picture) -> tuple[EmbeddedFace, ...]:
        """The faces of one picture with their embeddings, for uses of one's own; otherwise as `picture`."""
        return next(self._embedded([picture], are_crops=False))

    def crops(self, crops: Pictures) -> Iterator[EmbeddedFace]:
        """One reading, with an embedding, for each of some faces that were cut out already, in their order.

        They are paths, or arrays (h, w, 3) BGR or (h, w) grey, uint8, of any size, or one array (n, h, w, 3); several
        grey ones are a list. Where there are several faces on one the largest is meant. One that is too tight for the
        detector is taken for aligned (see `EmbeddedFace`). Nothing is kept. Raises as `picture` does.
        """
        return (face for (face,) in self._embedded(_each(crops), are_crops=True))

    def _embedded(self, pictures: Iterable[Picture], *, are_crops: bool) -> Iterator[tuple[EmbeddedFace, ...]]:
        own = camera_settings(self.settings, _ARRAY)
        pipeline, embedded = self._assembly.pipelines.build_embedding(own, are_crops=are_crops)
        for picture in pictures:
            self._check_open()
            faces = pipeline.process(self._frame(picture)).faces
            vectors = embedded.last.embeddings.vectors if faces else ()
            model = str(embedded.model)
            yield tuple(EmbeddedFace(face, vector, model) for face, vector in zip(faces, vectors, strict=True))

    def compare(self, first: Picture, second: Picture) -> Comparison:
        """Whether two pictures show one person; of several faces on them, whether two do.

        Raises as `picture` does, and SourceUnreadable where there is no face on one.
        """
        card = load_catalog(home=self.settings.home).card(self.settings.recognition.model)
        same_above, _ = threshold_of(card, self.settings)
        return compared(self._looked_at(first), self._looked_at(second), same_above, self.settings.matching)

    def enrol(
        self,
        name: str,
        pictures: Pictures,
        *,
        consent: str | Iterable[str],
        evidence: str = "",
        expires_at: datetime | None = None,
    ) -> tuple[Enrolment, ...]:
        """Take somebody into the home from pictures, and tell what became of each; more may be added later.

        Whoever is enrolled has agreed to it: ``consent`` names the uses, of ``identify``, ``expression`` (that
        expressions are read of them) and ``keep`` (that the pictures are kept). ``evidence`` is what proves it, such as
        ``"form 17"``; without it goes on record as declared by you, which a workplace and a school must not do.
        ``expires_at``, with a time zone, is when it ends. Of each picture (a path or an array) the largest good face is
        taken; a picture that is refused is no error but an outcome, with the reason. Raises UsageError, GalleryError
        where the name cannot be kept, StoreError.
        """
        assembly = self._assembly
        terms = _terms(assembly.settings, consent, evidence, expires_at, self._clock.now())
        files = [_file_of(one, number) for number, one in enumerate(_each(pictures), start=1)]
        if not files:
            raise UsageError(f"expected pictures of {name_to_enrol(name)}, got none")
        enroller = build_enroller(assembly.settings, assembly.stores, assembly.tasks, terms, self._clock)
        enrolled = tuple(enroller.enrol(name_to_enrol(name), files))
        assembly.gallery.refresh()
        return enrolled

    @property
    def _assembly(self) -> Assembly:
        if self._opened is None:
            raise UsageError("this Analyzer is closed: make another one")
        return self._opened

    def _check_open(self) -> None:
        """Raise UsageError where it was closed, as it may be while somebody reads on in a video."""
        _ = self._assembly

    def _frame(self, picture: Picture) -> Frame:
        _check_picture(picture)
        if isinstance(picture, np.ndarray):
            return Frame(_ARRAY, 0, 0.0, self._clock.monotonic_s(), ArrayPixels(picture))
        with closing(open_picture(str(picture), self.settings.capture, self._clock)) as source:
            return next(source.frames())

    def _looked_at(self, picture: Picture) -> LookedAt:
        frame = self._frame(picture)
        return look_at(frame.camera, frame.pixels, self._assembly.tasks)

    def close(self) -> None:
        """Give back the models and the database; idempotent. Whatever is asked afterwards raises UsageError."""
        self._opened = None
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _each(pictures: Pictures) -> Iterable[Picture]:
    """Of one picture as well as of many: a path is no list of letters, and an array (h, w, 3) no list of lines."""
    is_one = (
        pictures is None
        or isinstance(pictures, str | Path)
        or (isinstance(pictures, np.ndarray) and pictures.ndim < _OF_A_BATCH)
    )
    return [pictures] if is_one else pictures  # type: ignore[list-item,return-value]  # as was just asked


def _check_picture(picture: object) -> None:
    """Raise ValueError where something is neither a path nor one picture, as far as its kind and shape tell."""
    if picture is None:
        raise ValueError("expected a picture, got None, which is what cv2.imread gives for a file that it cannot read")
    if not isinstance(picture, str | Path | np.ndarray):
        raise ValueError(f"expected a picture, as a path or an array, got {type(picture).__name__}")
    if isinstance(picture, np.ndarray) and picture.ndim == _OF_A_BATCH - 1 and picture.shape[2] not in _CHANNELS:
        raise ValueError(
            f"expected a picture (h, w) grey or (h, w, 3) BGR, got shape {picture.shape}: give several grey ones as a "
            "list of arrays (h, w)"
        )


def _terms(
    settings: Settings, consent: str | Iterable[str], evidence: str, expires_at: datetime | None, now: datetime
) -> Terms:
    """What people consent to, as it goes on record; raises UsageError."""
    if expires_at is not None and (expires_at.tzinfo is None or expires_at <= now):
        raise UsageError(f"expected expires_at to be a moment to come, with a time zone, got {expires_at.isoformat()}")
    scopes = scopes_of(consent if isinstance(consent, str) else ",".join(consent))
    own = ConsentText.of(settings.service.consent_text)
    told = consent_told(Purpose.of(settings.privacy), own, scopes, evidence=evidence, expires_at=expires_at)
    return Terms(told, is_given=not told.is_declared)


def _file_of(picture: Picture, number: int) -> Path | SentPicture:
    """A picture as enrolling takes it: an array loses nothing as a PNG file; raises ValueError where it is none."""
    _check_picture(picture)
    if not isinstance(picture, np.ndarray):
        return Path(picture)
    _, encoded = cv2.imencode(".png", ArrayPixels(picture).bgr())
    return SentPicture(f"{_ARRAY} {number}", encoded.tobytes())


def analyze(picture: Picture, settings: Settings | None = None) -> tuple[FaceReading, ...]:
    """The faces of one picture: who each is, its apparent expression, and how good the picture of it is.

    ``picture`` is a path or an array (h, w, 3) BGR or (h, w) grey, uint8. Loads the models for this one call: use an
    Analyzer for many pictures. Raises as Analyzer does.
    """
    with Analyzer(settings) as analyzer:
        return analyzer.picture(picture)


def compare(first: Picture, second: Picture, settings: Settings | None = None) -> Comparison:
    """Whether two pictures show one person; loads the models for this one call. Raises as ``Analyzer.compare`` does."""
    with Analyzer(settings) as analyzer:
        return analyzer.compare(first, second)
