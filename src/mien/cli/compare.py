"""`mien compare`: whether two pictures show the same person."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli.options import Chosen, model_options
from mien.cli.terminal import ConfigOption, JsonOption, fetch_models, invocation, print_json, print_text
from mien.domain.clock import SystemClock
from mien.domain.errors import SourceUnreadable

if TYPE_CHECKING:
    from mien.domain.faces import Detections
    from mien.domain.frame import Pixels
    from mien.gallery.deciding.pair import FacesSeen, Pair
    from mien.inference.model_card import ModelCard
    from mien.pipeline.tasks import Tasks
    from mien.settings import Settings
    from mien.tracking.smoothing import SmoothingSettings


_VERDICTS = {"same": "the same person", "different": "two people", "undecided": "cannot be judged"}


@dataclass(frozen=True, slots=True)
class _Picture:
    """The faces of a picture: where they are, and as the recogniser sees them."""

    path: Path
    pixels: "Pixels"
    faces: "Detections"
    seen: "FacesSeen"


@model_options()
def compare(
    context: typer.Context,
    first: Annotated[Path, typer.Argument(metavar="A", help="A picture; of several faces all good ones count.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Another picture.")],
    *,
    chosen: Chosen,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Say whether two pictures show the same person.

    From which similarity on they do is measured for each recogniser and part of its card; mien models show tells it. Of
    one that was imported `mien models calibrate` measures it.
    Where several good faces are on a picture, each is compared with those of the other, and more is asked; the two that
    resemble most are told, and where they are. Where a face is too poor to be told from somebody else's, as for
    `mien identify`, it cannot be judged whether they are two people.
    Of both faces the expression and the quality are told too, and with --liveness whether each is live; no expression
    where the purpose of the deployment does not allow it.
    The exit code tells whether the comparison was possible, not what came out.

    Example: `mien compare passport.jpg selfie.jpg`
    """
    from mien.gallery.deciding.pair import likest
    from mien.inference.catalog import load_catalog
    from mien.settings.borrowing import borrowed
    from mien.wiring.models import build_shelf, build_tasks
    from mien.wiring.people import picture_opener
    from mien.wiring.privacy import answer_for_purpose

    call = invocation(context)
    settings = call.settings(config, chosen)
    fetch_models(call, settings)
    answer_for_purpose(settings, SystemClock())
    tasks, open_picture = build_tasks(settings, build_shelf(settings)), picture_opener(settings)
    pictures = [_looked_at(path, open_picture(path), tasks) for path in (first, second)]
    card = load_catalog(home=settings.home).card(settings.recognition.model)
    same_above, owner = _threshold(card, settings)
    pair = likest(pictures[0].seen, pictures[1].seen, same_above, settings.matching)
    fields = [_fields(*one, tasks, settings) for one in zip(pictures, pair.places, strict=True)]
    model = str(tasks.recogniser.model)
    if owner not in ("model", "settings"):
        call.notice(f"{card.name} goes by {borrowed(card)}")
    if json:
        same = None if pair.verdict == "undecided" else pair.verdict == "same"
        found = {"similarity": pair.similarity, "same": same, "threshold": pair.threshold, "threshold_of": owner}
        print_json({**found, "model": model, "first": fields[0], "second": fields[1], "verdict": pair.verdict})
        return
    measured = f"similarity {pair.similarity:.3f}, threshold {pair.threshold:.3f} ({model})"
    print_text(f"{_VERDICTS[pair.verdict]}: {measured}{_why(pair)}")
    for picture, told in zip(pictures, fields, strict=True):
        print_text(f"{picture.path}: {_which(told)}{_sentence(told)}")


def _threshold(card: "ModelCard", settings: "Settings") -> tuple[float, str]:
    """From which similarity on two faces are one person, and whose threshold that is: the user's own goes first."""
    from mien.gallery.matching.thresholds import MatchingSettings
    from mien.settings.borrowing import owner_of_thresholds

    known = settings.matching.known_similarity
    if known != card.settings.get("matching.known_similarity", MatchingSettings().known_similarity):
        return known, "settings"
    return card.thresholds.get("same_person", known), owner_of_thresholds(card)


def _looked_at(path: Path, pixels: "Pixels", tasks: "Tasks") -> _Picture:
    """The faces of a picture as the recogniser sees them; raises SourceUnreadable where there is none."""
    from mien.gallery.deciding.pair import FacesSeen
    from mien.vision.alignment import cut
    from mien.vision.quality.embedded import embedded_quality

    faces = tasks.detector.detect(pixels)
    if not len(faces):
        raise SourceUnreadable(f"{path}: no face was found")
    sharp = tasks.detector.refine(pixels, faces)
    recognition = tasks.recogniser.recognise(cut(pixels, sharp, tasks.recogniser.crop))
    quality = embedded_quality(tasks.assessor.assess(pixels, faces), recognition)
    return _Picture(path, pixels, faces, FacesSeen(recognition, quality))


def _fields(picture: _Picture, place: int, tasks: "Tasks", settings: "Settings") -> dict[str, Any]:
    """What is told of the face of a picture that was compared, and of how many there are.

    Its expression is "" where the most likely one is not likely enough, or none is read.
    """
    from mien.domain.readings import liveness_kind

    face, quality = picture.faces.select([place]), picture.seen.quality
    emotion, confidence = _expression(picture.pixels, face, tasks, settings.smoothing)
    fields: dict[str, Any] = {
        "emotion": emotion,
        "confidence": confidence,
        "quality": float(quality.scores[place]),
        "quality_reason": quality.reasons[place],
        "box": face.boxes[0].tolist(),
        "faces": len(picture.seen),
        "good_faces": len(picture.seen.good(settings.matching)),
    }
    if tasks.liveness is not None:
        liveness = tasks.liveness.judge(picture.pixels, tasks.detector.refine(picture.pixels, face))
        score = float(liveness.scores[0])
        fields |= {"liveness": liveness_kind(score), "liveness_score": score, "liveness_reason": liveness.unmet[0]}
    return fields


def _expression(
    pixels: "Pixels", face: "Detections", tasks: "Tasks", smoothing: "SmoothingSettings"
) -> tuple[str, float | None]:
    """The apparent expression of one face and how sure it is; no number where none is read."""
    from mien.vision.alignment import cut

    if tasks.classifier is None:
        return "", None
    scores = tasks.classifier.classify(cut(pixels, face, tasks.classifier.crop))
    best = int(scores.probabilities[0].argmax())
    confidence = float(scores.probabilities[0, best])
    return smoothing.said(scores.labels[best], confidence), confidence


def _why(pair: "Pair") -> str:
    """Why it cannot be judged whether two faces are two people, where that is so."""
    limits = " and ".join(f"{which} ({limit})" for which, limit in zip("AB", pair.limits, strict=True) if limit)
    return f"; too poor to be told from somebody else: {limits}" if limits else ""


def _which(fields: Mapping[str, Any]) -> str:
    """Of several faces of a picture, which was compared."""
    if fields["faces"] == 1:
        return ""
    many = {0: "none good", 1: "one of them good"}.get(fields["good_faces"], f"{fields['good_faces']} of them good")
    return f"{fields['faces']} faces, {many}, compared at {','.join(f'{side:.0f}' for side in fields['box'])}: "


def _sentence(fields: Mapping[str, Any]) -> str:
    parts = [f"quality {fields['quality']:.2f}"]
    if fields["confidence"] is not None:
        parts.insert(0, f"{fields['emotion'] or 'no clear expression'} {fields['confidence']:.0%}")
    parts[-1] += f" ({fields['quality_reason']})" if fields["quality_reason"] else ""
    if "liveness" in fields:
        parts.append(f"{fields['liveness']} {fields['liveness_score']:.2f}")
        parts[-1] += f" ({fields['liveness_reason']})" if fields["liveness_reason"] else ""
    return ", ".join(parts)
