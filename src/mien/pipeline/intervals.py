"""How often each network looks at a face: the settings of the cadence."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CadenceSettings:
    """How often each network looks.

    ``detect_every``: the detector runs at least every so many analysed frames, and a face is followed optically in
    between. ``expression_interval_s``: an expression is read so often per face, half as often on a poor view.
    ``identity_interval_s``: a new face is embedded so often; every ``identity_looks`` looks the interval doubles (one
    look more than views must agree: one of them may show too little), up to ``settled_interval_s``, which holds from
    the start for a face whose identity is decided. ``better_view``: a view whose quality is better by so much than any
    before is embedded at once. ``min_quality``: poorer views are not embedded, they would only blur the answer.
    ``faces_per_frame``: at most so many faces pass through each network per frame, the longest waiting first, so that
    a crowd that enters at once does not stall the picture.
    """

    detect_every: int = 4
    expression_interval_s: float = 0.3
    identity_interval_s: float = 0.2
    identity_looks: int = 4
    settled_interval_s: float = 2.0
    better_view: float = 0.15
    min_quality: float = 0.35
    faces_per_frame: int = 8
