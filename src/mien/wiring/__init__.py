"""Where concrete classes meet: every other room knows only protocols, and this one builds what stands behind them."""

from mien.wiring.assembly import (
    Assembly,
    assemble,
    build_batch_tools,
    build_live_engine,
    build_rules,
    camera_settings,
    new_event_id,
    result_settings,
)
from mien.wiring.calibrating import Pictures, calibrate_model
from mien.wiring.importing import check_model_name, import_model
from mien.wiring.models import (
    build_detector,
    build_runtime,
    build_scene,
    build_shelf,
    build_tasks,
    build_weights,
    models_used,
    take_models,
    time_model,
    verify_model,
)
from mien.wiring.people import (
    build_admission,
    build_classic_sight,
    build_curator,
    build_enroller,
    build_gallery,
    build_roster,
    build_sight,
    following_gallery,
    picture_opener,
)
from mien.wiring.pipelines import TRACKERS, PipelineBuilder
from mien.wiring.privacy import answer_for_purpose, build_audit
from mien.wiring.quantising import Material, quantise_model
from mien.wiring.stores import Stores, build_stores
from mien.wiring.training import (
    build_embedder,
    build_face_finder,
    build_mesh_network,
    recogniser_to_start_from,
)

__all__ = [
    "TRACKERS",
    "Assembly",
    "Material",
    "Pictures",
    "PipelineBuilder",
    "Stores",
    "answer_for_purpose",
    "assemble",
    "build_admission",
    "build_audit",
    "build_batch_tools",
    "build_classic_sight",
    "build_curator",
    "build_detector",
    "build_embedder",
    "build_enroller",
    "build_face_finder",
    "build_gallery",
    "build_live_engine",
    "build_mesh_network",
    "build_roster",
    "build_rules",
    "build_runtime",
    "build_scene",
    "build_shelf",
    "build_sight",
    "build_stores",
    "build_tasks",
    "build_weights",
    "calibrate_model",
    "camera_settings",
    "check_model_name",
    "following_gallery",
    "import_model",
    "models_used",
    "new_event_id",
    "picture_opener",
    "quantise_model",
    "recogniser_to_start_from",
    "result_settings",
    "take_models",
    "time_model",
    "verify_model",
]
