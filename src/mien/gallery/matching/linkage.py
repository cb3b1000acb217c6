"""How similar two groups of faces are: between the mean of all pairs and the cosine of the two means."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def representative(vectors: Floats) -> Floats:
    """What stands for n faces (n, d) of unit length: a vector (d,) whose product with another's is their similarity.

    It is the mean divided by the root of its length, so that the product is the geometric mean of average linkage,
    which asks too much of people whose pictures vary, and of the cosine of the means, which asks too little where there
    are many. Of one face it is the face, and the product of two of these the plain cosine.
    """
    mean = vectors.mean(axis=0)
    standing: Floats = mean / np.sqrt(max(float(np.linalg.norm(mean)), 1e-9), dtype=np.float32)
    return standing


def groups(vectors: Floats, similarity: float) -> list[list[int]]:
    """The rows of n faces (n, d) in groups, largest first: the two most similar are joined while similar enough.

    For the pictures of one person: time grows with the cube of their number.
    """
    members = [[row] for row in range(len(vectors))]
    standing = vectors.copy()
    products = standing @ standing.T
    np.fill_diagonal(products, -np.inf)
    while len(members) > 1:
        one, other = divmod(int(products.argmax()), len(members))
        if products[one, other] < similarity:
            break
        members[one] += members.pop(other)
        standing = np.delete(standing, other, axis=0)
        standing[one] = representative(vectors[members[one]])
        products = np.delete(np.delete(products, other, axis=0), other, axis=1)
        products[one] = products[:, one] = standing @ standing[one]
        products[one, one] = -np.inf
    return sorted((sorted(rows) for rows in members), key=lambda rows: (-len(rows), rows[0]))
