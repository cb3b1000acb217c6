"""Which pictures of a person say what others say too."""

import numpy as np
from numpy.typing import NDArray


def most_redundant(vectors: NDArray[np.float32], quality: NDArray[np.float64], count: int) -> list[int]:
    """The rows of ``count`` of n views, vectors (n, d) of unit length and quality (n,), that are missed least.

    Again and again, of the two that are most alike, the poorer one goes; so what is left covers what there was.
    """
    similarity = vectors @ vectors.T
    np.fill_diagonal(similarity, -np.inf)
    gone: list[int] = []
    for _ in range(min(count, len(vectors) - 1)):
        one, other = divmod(int(similarity.argmax()), len(vectors))
        poorer = min(one, other, key=lambda row: (quality[row], -row))
        gone.append(poorer)
        similarity[poorer, :] = similarity[:, poorer] = -np.inf
    return gone
