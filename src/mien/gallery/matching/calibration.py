"""Thresholds measured for one gallery: from its own templates, and from strangers who are drawn."""

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import GalleryError
from mien.domain.faces import EmbeddingModel
from mien.gallery.matching.background import Background
from mien.gallery.matching.leaving_out import LeftOut, Templates, left_out
from mien.gallery.matching.thresholds import MatchingSettings

FALSE_MATCH_RATE = 1 / 1_000
"""Of strangers named by one clear view. One in a hundred would be a wrong name a day at a door that a hundred strangers
pass; one in ten thousand is beyond what so many real strangers as a background is learnt from can tell."""

DRAWN = 20_000
"""Strangers: twenty of them reach the threshold of that rate."""

_DOUBTFUL = 5  # times as many strangers reach the grey zone as reach the threshold


@dataclass(frozen=True, slots=True)
class Calibration:
    """Thresholds of a gallery, and what they were measured on.

    A clear face is ``known`` from that similarity on, and one less than ``doubt`` below it is in the grey zone. So
    large a share of the ``background`` strangers, who were drawn, as ``false_match_rate`` is named then. That is no
    measurement on real ones: ``resolution`` is the 95 % interval that a share of as many as the background was learnt
    from would have (Clopper and Pearson, 1934), and nothing finer can be expected of it. Of ``judged`` pictures of
    people with several, a share of ``identified`` gets the right name when the person is known by the others alone.
    """

    known: float
    doubt: float
    false_match_rate: float
    resolution: tuple[float, float]
    model: EmbeddingModel
    people: int
    templates: int
    background: int
    at: datetime
    identified: float
    judged: int

    def settings(self, usual: MatchingSettings) -> MatchingSettings:
        """Settings that ask for these thresholds in this gallery, and for more or less as it grows or shrinks."""
        growth = usual.known_above(self.people) - usual.known_similarity
        return replace(usual, known_similarity=self.known - growth, doubt=self.doubt)


def calibrate(
    templates: Templates,
    background: Background,
    settings: MatchingSettings,
    at: datetime,
    rate: float = FALSE_MATCH_RATE,
) -> Calibration:
    """Measure the thresholds at which a share ``rate`` of strangers is named, and how many pictures are then.

    Raises GalleryError where nobody is enrolled.
    """
    people = templates.people
    if not people:
        raise GalleryError("nobody is enrolled: thresholds are measured on the people of a gallery")
    strangers = np.sort(background.resemblances(templates.means(), DRAWN))[::-1]
    known, doubtful = (float(strangers[int(share * DRAWN)]) for share in (rate, min(_DOUBTFUL * rate, 0.5)))
    measured = replace(settings, known_similarity=known, per_tenfold=0.0)
    identified, judged = identified_by_others(templates, measured)
    return Calibration(
        round(known, 3),
        round(known - doubtful, 3),
        rate,
        share_interval(rate, background.strangers),
        templates.model,
        people,
        len(templates.vectors),
        DRAWN,
        at,
        identified,
        judged,
    )


def identified_by_others(templates: Templates, settings: MatchingSettings) -> tuple[float, int]:
    """The share of pictures that are named rightly by the person's other pictures, and of how many pictures.

    Those of people with a single one are not judged; the share is 0 where nobody has more.
    """
    left = left_out(templates)
    return (float(named_rightly(templates, left, settings).mean()) if len(left) else 0.0), len(left)


def named_rightly(templates: Templates, left: LeftOut, settings: MatchingSettings) -> NDArray[np.bool_]:
    """Which of n pictures that were left out are named, and rightly so, (n,)."""
    people = templates.people
    quality = np.sqrt(templates.weights[left.rows]).tolist()
    asked = np.array([settings.known_above(people, one) for one in quality])
    is_right: NDArray[np.bool_] = (left.own >= asked) & (left.own - left.rival >= settings.min_margin)
    return is_right


def share_interval(share: float, count: int) -> tuple[float, float]:
    """The exact 95 % interval of a share of so many."""
    from scipy.special import betaincinv  # takes as long to import as the gallery itself

    hits = share * count
    low = float(betaincinv(hits, count - hits + 1, 0.025)) if hits > 0 else 0.0
    return low, float(betaincinv(hits + 1, count - hits, 0.975)) if hits < count else 1.0
