"""How long somebody sits before a camera to be enrolled, unless something else is asked for."""

SNAPSHOTS = 10
"""So many are wanted."""

SITTING_S = 90.0
"""After so long it is over."""
