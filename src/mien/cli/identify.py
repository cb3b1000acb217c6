"""`mien identify`: everybody on pictures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli.options import Chosen, model_options
from mien.cli.terminal import (
    UNSURE,
    ConfigOption,
    JsonOption,
    fetch_models,
    invocation,
    print_json,
    print_table,
    print_text,
)
from mien.domain.errors import SourceError, UsageError

if TYPE_CHECKING:
    from mien.domain.readings import FaceReading


@model_options()
def identify(
    context: typer.Context,
    images: Annotated[list[str], typer.Argument(metavar="IMAGE", help="Pictures.")],
    *,
    chosen: Chosen,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Say who everybody on a picture is, and with which expression; of several pictures, one after the other.

    A picture without a face is no failure: the list is empty. One of several that cannot be read is told, and the
    others are looked at all the same; the exit code is 1 then. `--json` tells the faces of one picture, and of several
    a list of pictures with the faces of each.

    Example: `mien identify party.jpg`
    """
    from mien.api import Analyzer

    call = invocation(context)
    settings = call.settings(config, chosen)
    fetch_models(call, settings)
    is_judged, has_pose = bool(settings.liveness.model), bool(settings.pose.model)
    told: list[dict[str, Any]] = []
    with Analyzer(settings) as analyzer:
        for image in images:
            try:
                faces = analyzer.picture(image)
            except (SourceError, UsageError) as error:
                if len(images) == 1:
                    raise
                call.failure(str(error))
                told.append({"image": image, "error": str(error), "faces": []})
                continue
            told.append({"image": image, "error": "", "faces": [_fields(face, is_judged, has_pose) for face in faces]})
            if not json:
                _tell(image if len(images) > 1 else "", faces, is_judged=is_judged)
    if json:
        print_json({"faces": told[0]["faces"]} if len(images) == 1 else {"pictures": told})
    if any(one["error"] for one in told):
        raise typer.Exit(1)


def _tell(title: str, faces: "Sequence[FaceReading]", *, is_judged: bool) -> None:
    if faces:
        columns = ("who", "similarity.", "expression", "confidence.", "quality.", "", "box")
        print_table(title, (*columns, *(("liveness",) if is_judged else ())), map(_cells, faces), ("box", "quality."))
    else:
        print_text(f"{title}: no face was found" if title else "no face was found")


def _fields(face: "FaceReading", is_judged: bool, has_pose: bool) -> dict[str, Any]:
    is_placed = bool(face.valence_arousal_source)
    fields = {
        "box": face.box,
        "score": face.detection_score,
        "identity": face.identity,
        "person_id": face.person_id,
        "person_name": face.person_name,
        "similarity": face.similarity,
        "margin": face.margin,
        "emotion": face.emotion,
        "confidence": face.confidence if face.probabilities else None,
        "quality": face.quality,
        "quality_reason": face.quality_reason,
        "valence": face.valence if is_placed else None,
        "arousal": face.arousal if is_placed else None,
        "quadrant": face.quadrant,
        "valence_arousal_source": face.valence_arousal_source,
    }
    if has_pose:
        fields |= dict(zip(("yaw", "pitch", "roll"), face.pose or (None, None, None), strict=True))
    if is_judged:
        fields |= {
            "liveness": face.liveness,
            "liveness_score": face.liveness_score,
            "liveness_reason": face.liveness_reason,
        }
    return fields


def _cells(face: "FaceReading") -> tuple[str, ...]:
    return (
        face.person_name or face.person_id or face.identity,
        f"{face.similarity:.2f}",
        UNSURE if face.is_unsure else face.emotion,
        f"{face.confidence:.0%}" if face.probabilities else "",
        f"{face.quality:.2f}",
        face.quality_reason,
        ",".join(f"{side:.0f}" for side in face.box),
        *((f"{face.liveness} {face.liveness_score:.2f} {face.liveness_reason}".strip(),) if face.liveness else ()),
    )
