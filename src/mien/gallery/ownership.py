"""Whose templates are, as people change: columns for a million templates, no object for any of them."""

from itertools import compress

import numpy as np
from numpy.typing import NDArray

from mien.store.people import TemplateOwners


def joined(owners: TemplateOwners, others: TemplateOwners) -> TemplateOwners:
    """The owners of both, who are other people; their templates one after the other."""
    return TemplateOwners(
        np.concatenate((owners.template_ids, others.template_ids)),
        np.concatenate((owners.owners, others.owners + np.int32(len(owners.person_ids)))),
        owners.person_ids + others.person_ids,
        np.concatenate((owners.weights, others.weights)),
    )


def restricted(owners: TemplateOwners, stays: NDArray[np.bool_]) -> TemplateOwners:
    """Those of p owners who stay (p,)."""
    if stays.all():
        return owners
    kept = stays[owners.owners]
    return TemplateOwners(
        owners.template_ids[kept],
        (np.cumsum(stays, dtype=np.int32) - np.int32(1))[owners.owners[kept]],
        tuple(compress(owners.person_ids, stays)),
        owners.weights[kept],
    )
