"""Colours of results: of expressions (told apart by the colour-blind, on light and on dark) and of identities."""

from mien.domain.emotions import expression_of
from mien.domain.readings import IdentityKind

Rgb = tuple[int, int, int]

# Okabe & Ito, "Color Universal Design" (2008), one colour per expression, with Paul Tol's wine and a grey
_EXPRESSIONS: dict[str, Rgb] = {
    "neutral": (148, 156, 168),
    "happiness": (240, 190, 20),
    "surprise": (86, 180, 233),
    "sadness": (30, 110, 190),
    "anger": (213, 94, 0),
    "disgust": (0, 158, 115),
    "fear": (204, 121, 167),
    "contempt": (136, 60, 110),
}
# for labels of other models, by their place in the label set
_OTHERS: tuple[Rgb, ...] = (
    (68, 170, 153),
    (153, 153, 51),
    (204, 102, 119),
    (51, 34, 136),
    (17, 119, 51),
    (136, 204, 238),
)
NO_EVIDENCE: Rgb = (90, 96, 106)
"""Where there is not enough evidence for an expression."""

_IDENTITIES: dict[IdentityKind, Rgb] = {
    "known": (46, 204, 113),
    "unknown": (240, 72, 72),
    "undecided": (245, 176, 50),
}


def expression_colour(label: str, labels: tuple[str, ...]) -> Rgb:
    """Colour of an expression of a label set; grey for ``""``."""
    known = _EXPRESSIONS.get(expression_of(label))
    if known is not None:
        return known
    return _OTHERS[labels.index(label) % len(_OTHERS)] if label in labels else NO_EVIDENCE


def identity_colour(identity: IdentityKind) -> Rgb:
    """Green for somebody known, red for a stranger, amber while undecided."""
    return _IDENTITIES[identity]


def bgr(colour: Rgb) -> Rgb:
    """The same colour in the channel order of OpenCV."""
    return colour[2], colour[1], colour[0]


def css(colour: Rgb) -> str:
    """The same colour for a style sheet."""
    return "#{:02x}{:02x}{:02x}".format(*colour)
