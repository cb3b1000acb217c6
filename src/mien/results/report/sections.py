"""What the report shows of a source, a track and a person, ready to be laid out."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Self

from markupsafe import Markup

from mien.domain.circumplex import quadrant
from mien.domain.readings import IdentityKind, ValenceArousalSource
from mien.results.palette import css, expression_colour
from mien.results.records.liveness import LivenessVerdict
from mien.results.records.people import IDENTITY_ORDER, PersonRecord
from mien.results.records.tracks import SourceRecord, TrackRecord, dominant, shares
from mien.results.report.charts import TimelineRow, expression_area, quality_histogram, timeline
from mien.results.report.plane import plane
from mien.results.report.thumbnails import Thumbnails

_MOST_TIMELINE_ROWS = 60
_MOST_TRACKS = 60
_LONGEST_TITLE = 20


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a distribution bar."""

    label: str
    share: float
    colour: str


@dataclass(frozen=True, slots=True)
class TrackLine:
    """One track, or one face of a picture."""

    source: str
    track_id: int
    identity: IdentityKind
    title: str
    similarity: float
    first_s: float
    last_s: float
    frames: int
    shares: tuple[Share, ...]
    dominant: str
    best_quality: float
    liveness: LivenessVerdict
    thumbnail: str

    @classmethod
    def of(cls, track: TrackRecord, labels: tuple[str, ...], thumbnails: Thumbnails) -> Self:
        identity = track.identity
        return cls(
            source=track.source,
            track_id=track.track_id,
            identity=identity.identity,
            title=identity.person_name or identity.person_id,
            similarity=identity.similarity,
            first_s=track.first_s,
            last_s=track.last_s,
            frames=track.frames,
            shares=_coloured(track.label_counts, labels),
            dominant=dominant(track.label_counts),
            best_quality=track.best_quality,
            liveness=track.liveness.verdict,
            thumbnail=thumbnails.uri(track.source, track.track_id),
        )


def _coloured(counts: Mapping[str, int], labels: tuple[str, ...]) -> tuple[Share, ...]:
    return tuple(
        Share(label, share, css(expression_colour(label, labels))) for label, share in shares(counts).items() if share
    )


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person over all sources."""

    title: str
    identity: IdentityKind
    tracks: int
    seconds: float
    frames: int
    shares: tuple[Share, ...]
    best_quality: float
    liveness: LivenessVerdict
    thumbnail: str
    affect_source: ValenceArousalSource
    quadrant: str
    plane: Markup

    @classmethod
    def of(cls, person: PersonRecord, labels: tuple[str, ...], thumbnails: Thumbnails) -> Self:
        title = person.person_name or person.person_id
        pictures = (thumbnails.uri(source, track_id) for _, source, track_id in sorted(person.shots, reverse=True))
        return cls(
            title=title,
            identity=person.identity,
            tracks=person.tracks,
            seconds=person.seconds,
            frames=person.frames,
            shares=_coloured(person.label_counts, labels),
            best_quality=person.best_quality,
            liveness=person.liveness.verdict,
            thumbnail=next(filter(None, pictures), ""),
            affect_source=person.affect.source,
            quadrant=quadrant(*person.affect.mean) if person.affect.source else "",
            plane=plane(person.affect, title) if person.affect.source else Markup(""),
        )


@dataclass(frozen=True, slots=True)
class SourceSection:
    """One source of the report with its plots."""

    source: str
    title: str
    is_still: bool
    width: int
    height: int
    duration_s: float
    frames: int
    readings: int
    labels: tuple[str, ...]
    tracks: tuple[TrackLine, ...]
    listed: tuple[TrackLine, ...]
    timeline: Markup
    unplotted: int
    expressions: Markup
    quality: Markup

    @classmethod
    def of(cls, record: SourceRecord, thumbnails: Thumbnails) -> Self:
        records = list(record.tracks.values())
        lines = [TrackLine.of(track, record.labels, thumbnails) for track in records]
        longest = sorted(records, key=lambda track: -track.frames)[:_MOST_TIMELINE_ROWS]
        plotted = sorted(longest, key=lambda track: track.first_s)
        has_plots = bool(records) and not record.is_still
        listed = sorted(lines, key=lambda line: (IDENTITY_ORDER[line.identity], -line.frames))[:_MOST_TRACKS]
        return cls(
            source=record.source,
            title=PurePath(record.source).name or record.source,
            is_still=record.is_still,
            width=record.size[0],
            height=record.size[1],
            duration_s=record.last_s,
            frames=record.frames_analysed,
            readings=record.readings,
            labels=record.labels,
            tracks=tuple(lines),
            listed=tuple(listed),
            timeline=timeline([_row(t) for t in plotted], record.labels, record.last_s) if has_plots else Markup(""),
            unplotted=len(records) - len(plotted),
            expressions=(
                expression_area(record.expressions, record.labels, record.last_s) if has_plots else Markup("")
            ),
            quality=quality_histogram(record.quality_counts) if records else Markup(""),
        )


def _row(track: TrackRecord) -> TimelineRow:
    identity = track.identity
    title = identity.person_name or identity.person_id
    shown = title if len(title) <= _LONGEST_TITLE - 6 else title[: _LONGEST_TITLE - 7] + "…"
    return TimelineRow(f"{shown} #{track.track_id}".strip(), identity.identity, tuple(track.stretches))
