"""What the report shows of a source, a track and a person, ready to be laid out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Self

from markupsafe import Markup

from mien.domain.readings import IdentityKind
from mien.results.palette import css, expression_colour
from mien.results.report.charts import TimelineRow, expression_area, quality_histogram, timeline
from mien.results.report.thumbnails import Thumbnails
from mien.results.tracks import SourceRecord, TrackRecord

_MOST_TIMELINE_ROWS = 60
_MOST_TRACKS = 60
_LONGEST_TITLE = 20
_RANK: dict[IdentityKind, int] = {"known": 0, "unknown": 1, "undecided": 2}


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
    person_id: str
    title: str
    similarity: float
    first_s: float
    last_s: float
    seconds: float
    frames: int
    shares: tuple[Share, ...]
    dominant: str
    best_quality: float
    thumbnail: str

    @classmethod
    def of(cls, track: TrackRecord, labels: tuple[str, ...], thumbnails: Thumbnails) -> Self:
        identity = track.identity
        return cls(
            source=track.source,
            track_id=track.track_id,
            identity=identity.identity,
            person_id=identity.person_id,
            title=identity.person_name or identity.person_id,
            similarity=identity.similarity,
            first_s=track.first_s,
            last_s=track.last_s,
            seconds=sum(stretch.end_s - stretch.start_s for stretch in track.stretches),
            frames=track.frames,
            shares=_shares(track.shares, labels),
            dominant=track.dominant_emotion,
            best_quality=track.best_quality,
            thumbnail=thumbnails.uri(track.source, track.track_id),
        )


def _shares(shares: dict[str, float], labels: tuple[str, ...]) -> tuple[Share, ...]:
    return tuple(
        Share(label, share, css(expression_colour(label, labels))) for label, share in shares.items() if share > 0
    )


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person over all sources."""

    title: str
    identity: IdentityKind
    tracks: int
    sources: int
    seconds: float
    frames: int
    shares: tuple[Share, ...]
    best_quality: float
    thumbnail: str


def people(tracks: Iterable[TrackLine]) -> list[PersonLine]:
    """Everybody who was told apart, enrolled people first, then by the number of frames."""
    by_person: dict[str, list[TrackLine]] = {}
    for track in tracks:
        if track.person_id:
            by_person.setdefault(track.person_id, []).append(track)
    lines = [_person(own) for own in by_person.values()]
    return sorted(lines, key=lambda person: (_RANK[person.identity], -person.frames, person.title))


def _person(tracks: Sequence[TrackLine]) -> PersonLine:
    best = max(tracks, key=lambda track: (bool(track.thumbnail), track.best_quality))
    frames = sum(track.frames for track in tracks)
    weights: dict[str, float] = {}
    colours: dict[str, str] = {}
    for track in tracks:
        for share in track.shares:
            weights[share.label] = weights.get(share.label, 0.0) + share.share * track.frames
            colours[share.label] = share.colour
    total = sum(weights.values()) or 1.0
    return PersonLine(
        title=best.title,
        identity=best.identity,
        tracks=len(tracks),
        sources=len({track.source for track in tracks}),
        seconds=sum(track.seconds for track in tracks),
        frames=frames,
        shares=tuple(Share(label, weight / total, colours[label]) for label, weight in weights.items()),
        best_quality=best.best_quality,
        thumbnail=best.thumbnail,
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
        listed = sorted(lines, key=lambda line: (_RANK[line.identity], -line.frames))[:_MOST_TRACKS]
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
