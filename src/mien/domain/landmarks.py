"""Where the five landmarks of a face lie in an aligned crop; without numpy, for model cards are read at every start."""

ARCFACE_112: tuple[tuple[float, float], ...] = (
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
)
"""Where ArcFace (Deng et al., CVPR 2019) wants the landmarks in a crop of 112×112 px."""
