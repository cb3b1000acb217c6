"""`mien identify`: everybody on one picture."""

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

if TYPE_CHECKING:
    from mien.domain.readings import FaceReading


@model_options()
def identify(
    context: typer.Context,
    image: Annotated[str, typer.Argument(metavar="IMAGE", help="A picture.")],
    *,
    chosen: Chosen,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Say who everybody on a picture is, and with which expression.

    A picture without a face is no failure: the list is empty.

    Example: `mien identify party.jpg`
    """
    from mien.api import Analyzer

    call = invocation(context)
    settings = call.settings(config, chosen)
    fetch_models(call, settings)
    with Analyzer(settings) as analyzer:
        faces = analyzer.picture(image)
    is_judged, has_pose = bool(settings.liveness.model), bool(settings.pose.model)
    if json:
        print_json({"faces": [_fields(face, is_judged, has_pose) for face in faces]})
    elif faces:
        columns = ("who", "similarity.", "expression", "confidence.", "quality.", "", "box")
        print_table("", (*columns, *(("liveness",) if is_judged else ())), map(_cells, faces), ("box", "quality."))
    else:
        print_text("no face was found")


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
