"""A head over embeddings that tells how good the pictures were that they come from."""

from dataclasses import dataclass, fields
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.vision.recognition.perceptron import Perceptron

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class QualityHead:
    """A perceptron over embeddings (n, d) as the network gives them, and what its numbers mean.

    The perceptron, of one answer, foretells how well a picture can be told apart: its similarity to the mean of its
    person over that to the nearest other one, plus 1 (Boutros et al., "CR-FIQA", CVPR 2023). To this comes
    ``length_weight`` times the length of the embedding, which tells of quality too (Meng et al., "MagFace", CVPR 2021).
    At ``numbers`` (p,) of the sum, which rise, a picture keeps ``shares`` (p,), from 0 to 1, of its similarity to
    others of that person.
    """

    perceptron: Perceptron
    length_weight: Floats
    numbers: Floats
    shares: Floats

    def scores(self, embeddings: Floats) -> Floats:
        """What share of its similarity each picture keeps: (n,) in [0, 1]."""
        shares: Floats = np.interp(self.foretold(embeddings), self.numbers, self.shares).astype(np.float32)
        return shares

    def foretold(self, embeddings: Floats) -> Floats:
        """The numbers (n,), before they are given a meaning."""
        lengths = np.linalg.norm(embeddings, axis=1)
        numbers: Floats = self.perceptron.answers(embeddings)[:, 0] + self.length_weight * lengths
        return numbers


def read_head(path: Path) -> QualityHead:
    """The head of a file of numpy's (``.npz``); raises ModelCorrupt where it is none."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            held = {name: np.asarray(arrays[name], np.float32) for name in arrays.files}
            perceptron = Perceptron(**{one.name: held[one.name] for one in fields(Perceptron)})
            return QualityHead(perceptron, held["length_weight"], held["numbers"], held["shares"])
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise ModelCorrupt(f"{path.name} is no head that judges pictures: {error}") from error
