"""`mien compare`: whether two pictures show the same person."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli.models.borrowing import borrowed, owner_of_thresholds
from mien.cli.options import Chosen, model_options
from mien.cli.terminal import ConfigOption, JsonOption, fetch_models, invocation, print_json, print_text
from mien.domain.clock import SystemClock
from mien.domain.errors import SourceUnreadable

if TYPE_CHECKING:
    from mien.domain.faces import Detections, Embeddings
    from mien.domain.frame import Pixels
    from mien.inference.model_card import ModelCard
    from mien.pipeline.tasks import Tasks
    from mien.settings import Settings
    from mien.tracking.smoothing import SmoothingSettings


@dataclass(frozen=True, slots=True)
class _Face:
    """The embedding of one face, and what else is told of it."""

    embedding: "Embeddings"
    fields: Mapping[str, Any]


@model_options()
def compare(
    context: typer.Context,
    first: Annotated[
        Path, typer.Argument(metavar="A", help="A picture; the face it is about counts: large, near the middle.")
    ],
    second: Annotated[Path, typer.Argument(metavar="B", help="Another picture.")],
    *,
    chosen: Chosen,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Say whether two pictures show the same person.

    From which similarity on they do is measured for each recogniser and part of its card; mien models show tells it. Of
    one that was imported `mien models calibrate` measures it.
    Of both faces the expression and the quality are told too, and with --liveness whether each is live; no expression
    where the purpose of the deployment does not allow it.
    The exit code tells whether the comparison was possible, not what came out.

    Example: `mien compare passport.jpg selfie.jpg`
    """
    from mien.inference.catalog import load_catalog
    from mien.wiring.models import build_shelf, build_tasks
    from mien.wiring.people import picture_opener
    from mien.wiring.privacy import answer_for_purpose

    call = invocation(context)
    settings = call.settings(config, chosen)
    fetch_models(call, settings)
    answer_for_purpose(settings, SystemClock())
    tasks, open_picture = build_tasks(settings, build_shelf(settings)), picture_opener(settings)
    left, right = (_looked_at(path, open_picture(path), tasks, settings.smoothing) for path in (first, second))
    card = load_catalog(home=settings.home).card(settings.recognition.model)
    similarity = float(left.embedding.similarity(right.embedding)[0, 0])
    threshold, owner = _threshold(card, settings)
    same, model = similarity >= threshold, str(tasks.recogniser.model)
    if owner not in ("model", "settings"):
        call.notice(f"{card.name} goes by {borrowed(card)}")
    if json:
        told = {"similarity": similarity, "same": same, "threshold": threshold, "threshold_of": owner, "model": model}
        print_json({**told, "first": left.fields, "second": right.fields})
        return
    verdict = "the same person" if same else "two people"
    print_text(f"{verdict}: similarity {similarity:.3f}, threshold {threshold:.3f} ({model})")
    for path, face in ((first, left), (second, right)):
        print_text(f"{path}: {_sentence(face.fields)}")


def _threshold(card: "ModelCard", settings: "Settings") -> tuple[float, str]:
    """From which similarity on two faces are one person, and whose threshold that is: the user's own goes first."""
    from mien.gallery.matching.thresholds import MatchingSettings

    known = settings.matching.known_similarity
    if known != card.settings.get("matching.known_similarity", MatchingSettings().known_similarity):
        return known, "settings"
    return card.thresholds.get("same_person", known), owner_of_thresholds(card)


def _looked_at(path: Path, pixels: "Pixels", tasks: "Tasks", smoothing: "SmoothingSettings") -> _Face:
    """The face that a picture is about, as every model sees it; raises SourceUnreadable where there is none.

    Its expression is "" where the most likely one is not likely enough, or none is read.
    """
    from mien.domain.readings import liveness_kind
    from mien.evaluation.faces import most_prominent
    from mien.vision.alignment import cut
    from mien.vision.quality.embedded import embedded_quality

    faces = tasks.detector.detect(pixels)
    face = faces.select(most_prominent(faces, pixels.width, pixels.height))
    if not len(face):
        raise SourceUnreadable(f"{path}: no face was found")
    sharp = tasks.detector.refine(pixels, face)
    recognition = tasks.recogniser.recognise(cut(pixels, sharp, tasks.recogniser.crop))
    quality = embedded_quality(tasks.assessor.assess(pixels, face), recognition)
    emotion, confidence = _expression(pixels, face, tasks, smoothing)
    fields: dict[str, Any] = {
        "emotion": emotion,
        "confidence": confidence,
        "quality": float(quality.scores[0]),
        "quality_reason": quality.reasons[0],
    }
    if tasks.liveness is not None:
        liveness = tasks.liveness.judge(pixels, sharp)
        score = float(liveness.scores[0])
        fields |= {"liveness": liveness_kind(score), "liveness_score": score, "liveness_reason": liveness.unmet[0]}
    return _Face(recognition.embeddings, fields)


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


def _sentence(fields: Mapping[str, Any]) -> str:
    parts = [f"quality {fields['quality']:.2f}"]
    if fields["confidence"] is not None:
        parts.insert(0, f"{fields['emotion'] or 'no clear expression'} {fields['confidence']:.0%}")
    parts[-1] += f" ({fields['quality_reason']})" if fields["quality_reason"] else ""
    if "liveness" in fields:
        parts.append(f"{fields['liveness']} {fields['liveness_score']:.2f}")
        parts[-1] += f" ({fields['liveness_reason']})" if fields["liveness_reason"] else ""
    return ", ".join(parts)
