"""`mien compare`: whether two pictures show the same person."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli.options import Chosen, model_options
from mien.cli.terminal import ConfigOption, JsonOption, fetch_models, invocation, print_json, print_text
from mien.domain.clock import SystemClock

if TYPE_CHECKING:
    from mien.api.comparing import LookedAt
    from mien.domain.faces import Detections
    from mien.domain.frame import Pixels
    from mien.gallery.deciding.pair import Pair
    from mien.pipeline.tasks import Tasks
    from mien.settings import Settings
    from mien.tracking.smoothing import SmoothingSettings


_VERDICTS = {"same": "the same person", "different": "two people", "undecided": "cannot be judged"}


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
    from mien.api.comparing import look_at, threshold_of
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
    pictures = [look_at(str(path), open_picture(path), tasks) for path in (first, second)]
    card = load_catalog(home=settings.home).card(settings.recognition.model)
    same_above, owner = threshold_of(card, settings)
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
    for path, told in zip((first, second), fields, strict=True):
        print_text(f"{path}: {_which(told)}{_sentence(told)}")


def _fields(picture: "LookedAt", place: int, tasks: "Tasks", settings: "Settings") -> dict[str, Any]:
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
