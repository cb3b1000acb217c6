"""What a person may set about depth."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DepthSettings:
    """What the depth of a picture is used for; pictures without depth are as they would be without these settings.

    With ``gate`` a face counts only where the middle of its box is ``near_m`` to ``far_m`` away along the optical axis,
    and where it stands out: ``min_relief`` is how much of the relief of an average face it must have, 0 for flat ones
    too. With ``mask_background`` whatever is beyond ``far_m``, and what was not measured outside the people, is
    painted grey before anything looks at the picture; a picture without depth is grey all over then.
    """

    gate: bool = True
    near_m: float = 0.3
    far_m: float = 4.0
    min_relief: float = 0.55
    mask_background: bool = False

    def __post_init__(self) -> None:
        if self.near_m >= self.far_m:
            raise ValueError(f"near_m must be below far_m, got {self.near_m:g} and {self.far_m:g}")
