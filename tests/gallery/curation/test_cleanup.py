from mien.gallery.curation.cleanup import Cleanup, proposed
from mien.gallery.curation.outliers import Doubt, LeftAlone


def doubt(picture_id: int, person_id: str) -> Doubt:
    return Doubt(picture_id, person_id, "unlike the others", 0.1, "", 0.0)


def test_nobody_is_emptied() -> None:
    doubts = (doubt(1, "a"), doubt(3, "b"), doubt(4, "b"))

    assert proposed(doubts, ["a", "a", "b", "b"], LeftAlone(3, 9.0)) == Cleanup((doubts[0],), ("b",), LeftAlone(3, 9.0))
    assert proposed((), ["a"], LeftAlone()) == Cleanup((), (), LeftAlone())
