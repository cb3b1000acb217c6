"""What is written at a face: texts, bars and the square, fuller or scarcer by the room there is."""

from dataclasses import dataclass

from mien.domain.readings import FaceReading
from mien.results.drawing.lettering import printable
from mien.results.drawing.plane import Plane
from mien.results.palette import Rgb, expression_colour, identity_colour

WHITE: Rgb = (255, 255, 255)
DIM: Rgb = (178, 186, 198)

_LONGEST_NAME = 26


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of a line."""

    text: str
    colour: Rgb
    is_bold: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """What is written at one face: lines of text, bars (name, share, colour) below them, and a plane beside these.

    Where there are no bars the plane is below the lines.
    """

    lines: tuple[tuple[Text, ...], ...]
    bars: tuple[tuple[str, float, Rgb], ...]
    size_px: int
    accent: Rgb
    plane: Plane | None = None

    @property
    def bars_px(self) -> int:
        """Width of the bars with their names."""
        return self.size_px * 10 if self.bars else 0

    @property
    def plane_px(self) -> int:
        """Side of the square."""
        return round(self.size_px * 5.5) if self.plane else 0

    @property
    def is_panel(self) -> bool:
        """Whether it shows more than lines."""
        return bool(self.bars or self.plane)


def spacing(size_px: int) -> tuple[int, int]:
    """Inner margin and height of a line, px."""
    return max(3, round(size_px * 0.35)), round(size_px * 1.28)


def labels_of(
    face: FaceReading, size: tuple[float, float], letter_px: int, *, has_bars: bool, has_plane: bool
) -> list[Label]:
    """Labels that would suit a face of a size (width, height) on the canvas, the most telling first."""
    width, height = size
    accent = identity_colour(face.identity)
    name = printable(face.person_name or face.person_id, _LONGEST_NAME)
    title = Text(name, WHITE, is_bold=True) if name else Text(face.identity, DIM)
    number = Text(f"#{face.track_id}", DIM)
    expression, liveness = _expression(face), _liveness(face)
    further = (liveness,) if liveness else ()
    spoof = liveness if face.liveness == "spoof" and not face.liveness_reason else ()
    small_px = max(12, round(letter_px * 0.8))
    labels: list[Label] = []
    scored = (*expression, Text(f"q {face.quality:.2f}", DIM))
    if height >= letter_px * 9 and face.probabilities:
        plane = Plane.of(face) if has_plane else None
        lines = ((title, number), expression if has_bars else scored, *further)
        bars = _bars(face) if has_bars else ()
        if plane:
            labels.append(Label(lines, bars, small_px, accent, plane))
        if bars:
            labels.append(Label(lines, bars, small_px, accent))
    if width >= letter_px * 4:
        labels.append(Label(((title, number), scored, *further), (), small_px, accent))
    if width >= letter_px * 2.4 and face.emotion_smoothed:
        labels.append(Label(((title,), (*expression[:1], *liveness[:1])), (), small_px, accent))
    labels.append(Label(((title if name else number, *spoof[:1]),), (), max(11, round(letter_px * 0.68)), accent))
    return labels


def _bars(face: FaceReading) -> tuple[tuple[str, float, Rgb], ...]:
    """The whole distribution, and the quality below it."""
    shares = zip(face.emotion_labels, face.probabilities, strict=True)
    bars = [(label, share, expression_colour(label, face.emotion_labels)) for label, share in shares]
    return (*bars, ("quality", face.quality, WHITE))


def _expression(face: FaceReading) -> tuple[Text, ...]:
    """The confirmed expression, with its probability where that speaks for it; an ellipsis before there is one.

    Nothing where none was measured.
    """
    label = face.emotion_smoothed
    if not (label or face.probabilities):
        return ()
    if not label:
        return (Text("…", DIM),)
    colour = expression_colour(label, face.emotion_labels)
    light: Rgb = (
        colour[0] + (255 - colour[0]) // 3,
        colour[1] + (255 - colour[1]) // 3,
        colour[2] + (255 - colour[2]) // 3,
    )
    share = face.confirmed_share
    return (Text(label, light),) if share is None else (Text(label, light), Text(f"{share:.0%}", DIM))


def _liveness(face: FaceReading) -> tuple[Text, ...]:
    """What was judged, in colour where that was fair, else with what stands against it; empty where nobody asked."""
    score = (Text(f"{face.liveness_score:.2f}", DIM),) if face.liveness else ()
    if face.liveness_reason:
        return Text(f"{face.liveness or 'live'}?", DIM), *score, Text(face.liveness_reason, DIM)
    colour = identity_colour("known" if face.liveness == "live" else "unknown")
    return (Text(face.liveness, colour, is_bold=True), *score) if face.liveness else ()
