"""How many numbers the vectors of a model have: whoever comes with others fits no gallery of it."""

from collections.abc import Callable, Collection, Iterable, Mapping

from mien.domain.errors import GalleryError
from mien.domain.faces import EmbeddingModel
from mien.store.moving.transfer import KeptPerson

Lengths = Callable[[EmbeddingModel], Collection[int]]
"""How many numbers the vectors of a model may have; none where nobody knows."""


def check_lengths(people: Iterable[KeptPerson], held: Mapping[EmbeddingModel, int], known: Lengths) -> None:
    """Raise GalleryError where templates of people cannot be compared with others of their model.

    ``held`` are the lengths of the vectors that are here; of models of which there are none, what is ``known`` of the
    model decides, or else the first vector that comes.
    """
    lengths = dict(held)
    templates = (template for one in people for kept in one.pictures for template in kept.picture.templates)
    for template in templates:
        model, length = template.model, len(template.vector)
        if model not in lengths:
            if (allowed := known(model)) and length not in allowed:
                raise _refused(model, " or ".join(map(str, sorted(allowed))), length)
            lengths[model] = length
        if lengths[model] != length:
            raise _refused(model, str(lengths[model]), length)


def _refused(model: EmbeddingModel, expected: str, length: int) -> GalleryError:
    told = f"{model} gives vectors of {expected} numbers, not of {length}"
    return GalleryError(f"nothing was taken in: {told}")
