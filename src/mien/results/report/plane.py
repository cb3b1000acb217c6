"""The plane of valence and arousal as inline SVG: where somebody's readings lie, and their mean."""

from markupsafe import Markup

from mien.domain.circumplex import NEUTRAL_RADIUS, quadrant
from mien.results.records.affect import PLANE_CELLS, Affect

_SIDE = 200
_MARGIN = 16
_FAINTEST = 0.15
_CORNERS = ((1, 1, "end"), (-1, 1, "start"), (-1, -1, "start"), (1, -1, "end"))


def plane(affect: Affect, title: str) -> Markup:
    """A square of valence (to the right) and arousal (upwards), darker where more readings lie; a ring is the mean."""
    middle = _MARGIN + _SIDE / 2
    content = Markup('<rect class="frame" x="{0}" y="{0}" width="{1}" height="{1}" />').format(_MARGIN, _SIDE)
    most = max(affect.cells.values(), default=1)
    for (column, row), count in sorted(affect.cells.items()):
        content += Markup(
            '<rect class="column" x="{:.1f}" y="{:.1f}" width="{:.2f}" height="{:.2f}" opacity="{:.2f}" />'
        ).format(
            _MARGIN + column * _SIDE / PLANE_CELLS,
            _MARGIN + (PLANE_CELLS - 1 - row) * _SIDE / PLANE_CELLS,
            _SIDE / PLANE_CELLS,
            _SIDE / PLANE_CELLS,
            max(_FAINTEST, (count / most) ** 0.5),
        )
    for line in ((_MARGIN, middle, _MARGIN + _SIDE, middle), (middle, _MARGIN, middle, _MARGIN + _SIDE)):
        content += Markup('<line class="grid" x1="{}" y1="{}" x2="{}" y2="{}" />').format(*line)
    content += Markup('<circle class="zone" cx="{0}" cy="{0}" r="{1}" />').format(middle, NEUTRAL_RADIUS * _SIDE / 2)
    for x, y, anchor in _CORNERS:
        content += Markup('<text class="tick" x="{:.0f}" y="{:.0f}" text-anchor="{}">{}</text>').format(
            middle + x * (_SIDE / 2 - 5), middle - y * (_SIDE / 2 - 9) + 4, anchor, quadrant(x, y)
        )
    content += _axis_names(middle)
    valence, arousal = affect.mean
    content += Markup(
        '<circle class="mean" cx="{:.1f}" cy="{:.1f}" r="5"><title>mean {:+.2f}, {:+.2f}</title></circle>'
    ).format(middle + valence * _SIDE / 2, middle - arousal * _SIDE / 2, valence, arousal)
    whose = f"{title}, {affect.source}" if affect.source else title
    extent = _SIDE + 2 * _MARGIN
    head = Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
        extent,
        extent,
        f"Valence and arousal of {whose}: mean {valence:+.2f} and {arousal:+.2f}",
    )
    return head + content + Markup("</svg>")


def _axis_names(middle: float) -> Markup:
    below, beside = _SIDE + 2 * _MARGIN - 4, _MARGIN - 5
    along = Markup('<text class="tick" x="{}" y="{}" text-anchor="middle">valence</text>').format(middle, below)
    return along + Markup(
        '<text class="tick" x="{0}" y="{1}" text-anchor="middle" transform="rotate(-90 {0} {1})">arousal</text>'
    ).format(beside, middle)
