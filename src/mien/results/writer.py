"""Everything that one analysis leaves in its folder, written while it runs and moved into place when it is done."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mien.domain.clock import Clock
from mien.domain.frame import Frame
from mien.domain.readings import FrameReading
from mien.results.annotation import Annotation
from mien.results.atomic import PendingFile, ensure_folder
from mien.results.drawing.blurring import StrangerBlur, blurred
from mien.results.drawing.depth_view import DepthView
from mien.results.drawing.overlay import Parts
from mien.results.leftovers import earlier_results, remove_leftovers
from mien.results.records.people import Everybody, people_batch
from mien.results.records.tracks import SourceRecord, tracks_batch
from mien.results.report.page import write_report
from mien.results.report.sections import PersonLine, SourceSection
from mien.results.report.thumbnails import Thumbnails
from mien.results.rows import FinalIdentity, ReadingRows
from mien.results.summary import SourceOutcome, Summary, write_summary
from mien.results.tables import ResultTables
from mien.results.video import AnnotatedFrames, AnnotatedPictures, AnnotatedVideo


@dataclass(frozen=True, slots=True)
class ResultSettings:
    """What an analysis writes beside its tables and its report, and whom its pictures show.

    With ``blur_strangers`` they show nobody who is not known; ``unseen_frames`` are as many as a face may be in view
    for before a reading tells of it. They warn where more than one face is in view if it ``warns_of_several``, and have
    the depth beside them with a ``depth_view``.
    """

    video: bool = False
    json_lines: bool = False
    blur_strangers: bool = False
    unseen_frames: int = 8
    warns_of_several: bool = False
    depth_view: DepthView | None = None


@dataclass(frozen=True, slots=True)
class SourceEnd:
    """How a source ended: frames decoded, and the sentence of the error where it broke off (``""``: it did not)."""

    frames_decoded: int = 0
    failure: str = ""


class SourceResults:
    """Takes the readings of one source, and its pictures where an annotated video is wanted. One thread at a time."""

    def __init__(
        self,
        record: SourceRecord,
        rows: ReadingRows,
        annotation: Annotation | None,
        began_at: datetime,
        ended: Callable[["SourceResults", Mapping[int, FinalIdentity], SourceEnd], None],
    ) -> None:
        self.record = record
        self.rows = rows
        self.annotation = annotation
        self.began_at = began_at
        self._ended = ended

    def add(self, frame: Frame, reading: FrameReading) -> None:
        """Take one analysed frame; its pixels are looked at only for a video. Raises ResultError."""
        self.record.add(reading)
        self.rows.add(reading)
        if self.annotation is not None:
            self.annotation.add(frame, reading)

    def finish(self, identities: Mapping[int, FinalIdentity], end: SourceEnd = SourceEnd()) -> None:
        """The source has ended: its rows are written, each with the final identity of its track.

        Tracks that are not in ``identities`` keep what their rows say. Raises ResultError.
        """
        self._ended(self, identities, end)


class ResultWriter:
    """Writes the results of one analysis into a folder, where they appear together when it is closed.

    ``readings.csv``, ``readings.parquet``, ``tracks.csv``, ``people.csv``, ``emotion_results.csv``, ``report.html``,
    ``summary.json``, and by the settings annotated videos and ``readings.jsonl``. Results of an earlier analysis that
    this one does not write go with its ``close``. Use it as a context manager: left without ``close`` (an error, a
    full disk) it removes whatever it has begun, and the folder where it made that. One thread at a time.
    """

    def __init__(
        self,
        folder: Path,
        labels: tuple[str, ...],
        source_count: int,
        clock: Clock,
        settings: ResultSettings = ResultSettings(),
    ) -> None:
        """``labels`` are those of the expression model, ``source_count`` how many sources will be started."""
        self._folder = folder
        self._labels = labels
        self._source_count = source_count
        self._clock = clock
        self._settings = settings
        self._began_at = clock.now()
        self._outcomes: list[SourceOutcome] = []
        self._sections: list[SourceSection] = []
        self._everybody = Everybody(labels)
        self._thumbnails = Thumbnails()
        self._shots: dict[tuple[str, int], NDArray[np.uint8]] = {}
        self._open: list[SourceResults] = []
        self._videos: list[AnnotatedFrames] = []
        self._pages: list[PendingFile] = []
        self._finishing_s = 0.0
        self._started = 0
        self._is_own_folder = ensure_folder(folder)
        self._tables = ResultTables(folder, labels, settings.json_lines)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()

    def start(self, source: str, frame_rate: float = 0.0, is_still: bool = False) -> SourceResults:
        """A source that was opened just now: its clock is 0 at this moment. Several may be open at once."""
        self._started += 1
        results = SourceResults(
            SourceRecord(source, self._labels, is_still),
            ReadingRows(self._labels, self._folder),
            self._annotation(source, frame_rate, is_still) if self._settings.video else None,
            self._clock.now(),
            self._finish,
        )
        self._open.append(results)
        return results

    def best_shot(self, source: str, track_id: int, crop: NDArray[np.uint8]) -> None:
        """The best picture (h, w, 3) BGR of a track, for the report; give it before the source is finished."""
        self._shots[source, track_id] = crop

    def failed(self, source: str, reason: str) -> None:
        """A source could not be opened at all."""
        self._outcomes.append(SourceOutcome(source, "failed", reason))

    @property
    def blurs_strangers(self) -> bool:
        """Whether pictures show nobody who is not known."""
        return self._settings.blur_strangers

    def _annotation(self, source: str, frame_rate: float, is_still: bool) -> Annotation:
        wanted = self._settings
        blur = StrangerBlur(0 if is_still else wanted.unseen_frames) if wanted.blur_strangers else None
        video = self._video(source, frame_rate, is_still)
        return Annotation(video, blur, Parts(warns_of_several=wanted.warns_of_several), wanted.depth_view)

    def _video(self, source: str, frame_rate: float, is_still: bool) -> AnnotatedFrames:
        name = "annotated" if self._source_count <= 1 else f"annotated-{self._started}-{_stem(source)}"
        video: AnnotatedFrames
        if is_still:
            video = AnnotatedPictures(
                lambda number: self._folder / (f"{name}-{number + 1}.jpg" if number else f"{name}.jpg")
            )
        else:
            video = AnnotatedVideo(self._folder / f"{name}.mp4", frame_rate)
        self._videos.append(video)
        return video

    def _finish(self, results: SourceResults, identities: Mapping[int, FinalIdentity], end: SourceEnd) -> None:
        began_s = monotonic()
        record = results.record
        record.decide(identities)
        for batch in results.rows.finish(identities):
            self._tables.write(batch, results.began_at)
            record.add_rows(batch)
        self._tables.tracks.write(tracks_batch(record.tracks.values(), self._labels))
        self._everybody.add(record.tracks.values())
        if results.annotation is not None:
            results.annotation.finish()
        self._open.remove(results)
        self._keep_shots(record)
        outcome = SourceOutcome(
            source=record.source,
            status="failed" if end.failure else "ok",
            reason=end.failure,
            frames_decoded=max(end.frames_decoded, record.frames_analysed),
            frames_analysed=record.frames_analysed,
            readings=record.readings,
            tracks=len(record.tracks),
        )
        self._outcomes.append(outcome)
        self._sections.append(SourceSection.of(record, self._thumbnails))
        self._finishing_s += monotonic() - began_s

    def _keep_shots(self, record: SourceRecord) -> None:
        """Take the best shots of a source into the report, now that it is known whose they are."""
        for key, track in record.tracks.items():
            crop = self._shots.pop(key, None)
            if crop is None:
                continue
            if self.blurs_strangers and track.identity.identity != "known":
                crop = blurred(crop, [(0.0, 0.0, crop.shape[1], crop.shape[0])])
            self._thumbnails.add(*key, crop)

    def close(self, summary: Summary) -> tuple[Path, ...]:
        """Complete all files and move them into place; says which. Raises ResultError and leaves nothing behind then.

        ``sources`` and ``report_s`` of the summary are filled in here; sources still open are finished as they are.
        In the end results of an earlier analysis are removed; one that cannot be is a ResultError too.
        """
        began_s = monotonic()
        try:
            for results in tuple(self._open):
                results.finish({})
            people = self._everybody.people()
            self._tables.people.write(people_batch(people, self._labels))
            self._tables.close()
            complete = replace(summary, sources=tuple(self._outcomes))
            report = self._folder / "report.html"
            lines = [PersonLine.of(person, self._labels, self._thumbnails) for person in people]
            self._pages.append(write_report(report, complete, self._sections, lines, self._began_at))
            taken_s = self._finishing_s + monotonic() - began_s
            figures = self._folder / "summary.json"
            self._pages.append(write_summary(figures, replace(complete, report_s=taken_s)))
            earlier = earlier_results(self._folder)
            written = [*self._tables.commit(), *(path for video in self._videos for path in video.commit())]
            for page in self._pages:
                page.commit()
        except BaseException:
            self.discard()
            raise
        files = (*written, report, figures)
        remove_leftovers(earlier, files, [outcome.source for outcome in self._outcomes])
        return files

    def discard(self) -> None:
        """Give up whatever is not in place yet; nothing after ``close``."""
        for results in self._open:
            results.rows.discard()
        for video in self._videos:
            video.discard()
        for page in self._pages:
            page.discard()
        self._tables.discard()
        if self._is_own_folder:
            with suppress(OSError):  # something is in it
                self._folder.rmdir()


def _stem(source: str) -> str:
    """A source's name as a part of a file name: letters, digits, dashes and underscores, at most 40."""
    stem = source.rstrip("/").rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return re.sub(r"[^\w-]+", "-", stem).strip("-")[:40] or "source"
