"""What follows where somebody was enrolled at a camera: the strangers as whom they were kept become them."""

from dataclasses import replace

import numpy as np

from mien.domain.clock import Clock
from mien.domain.errors import PeopleChanged
from mien.engine.guiding import GuidedEnrolment, Kept
from mien.gallery.gallery import Gallery
from mien.gallery.strangers.clustering import Faces
from mien.wiring.assembly import Assembly
from mien.wiring.people import build_clustering, build_recall_by

_ATTEMPTS = 3  # at a stranger whom a camera, which goes on, changes meanwhile


def settled(assembly: Assembly, gallery: Gallery, clock: Clock, guided: GuidedEnrolment, kept: Kept) -> tuple[str, ...]:
    """Have cameras know the person, and make the strangers as whom they were kept that person; remarks on it.

    The gallery is of the model that the snapshots were made by. Raises GalleryError, StoreError.
    """
    try:
        became = _joined(assembly, gallery, clock, guided, kept)
    finally:
        for one in assembly.pipelines.galleries:
            one.refresh()
    return (f"{' and '.join(became)} became {guided.name}",) if became else ()


def _joined(assembly: Assembly, gallery: Gallery, clock: Clock, guided: GuidedEnrolment, kept: Kept) -> list[str]:
    settings, stores, portraits = assembly.settings, assembly.stores, guided.guidance.portraits
    faces = Faces(np.stack([one.vector for one in portraits]), np.array([one.quality for one in portraits], np.float32))
    recall = build_recall_by(settings, stores, guided.sight, clock, gallery)
    terms = replace(guided.terms, is_given=False, for_newcomers=False, person_id=kept.person_id)
    joined = []
    for stranger in build_clustering(stores, gallery, clock).met_as(faces):
        for attempt in range(_ATTEMPTS):
            try:
                recall.enrol_stranger(guided.name, stranger, terms, is_same=True)
                joined.append(stranger)
                break
            except PeopleChanged:
                if attempt + 1 == _ATTEMPTS:
                    raise
    return joined
