"""Splits are stratified, whole groups of copies only, the same for the same seed, and leaks are found."""

import numpy as np
import pytest

from mien.domain.errors import UsageError
from mien.lab.datasets.labels import NO_LABEL
from mien.lab.datasets.manifest import NO_PERSON
from mien.lab.datasets.splits import assign_splits, kept_together, leaking, read_shares

LABELS = ("neutral", "contempt")


def nobody(n: int) -> np.ndarray:
    """The persons of pictures of which nobody says whom they show."""
    return np.full(n, NO_PERSON)


def test_shares_are_met_within_every_label() -> None:
    label = np.array([0] * 800 + [1] * 40)
    split = assign_splits(np.arange(840), nobody(840), label, LABELS, (0.7, 0.15, 0.15), 3)
    for place, count in enumerate((800, 40)):
        shares = [(split[label == place] == name).mean() for name in ("train", "val", "test")]
        np.testing.assert_allclose(shares, (0.7, 0.15, 0.15), atol=1.5 / count)
    again = assign_splits(np.arange(840), nobody(840), label, LABELS, (0.7, 0.15, 0.15), 3)
    other = assign_splits(np.arange(840), nobody(840), label, LABELS, (0.7, 0.15, 0.15), 4)
    assert (split == again).all() and (split != other).any()


def test_copies_stay_together() -> None:
    copies = np.repeat(np.arange(60), 3)
    split = assign_splits(copies, nobody(180), np.zeros(180, np.int64), LABELS, (0.7, 0.2, 0.1), 1)
    assert all(len(set(split[copies == number])) == 1 for number in range(60))
    assert not leaking(copies, split).any()


def test_pictures_of_one_person_stay_together_and_labels_are_shared_out() -> None:
    generator = np.random.default_rng(2)
    person = np.repeat(np.arange(100), 8)
    label = generator.integers(0, 2, 800)
    person[label.cumsum() % 7 == 0] = NO_PERSON
    copies = np.arange(800)
    copies[1] = copies[790]
    split = assign_splits(copies, person, label, LABELS, (0.7, 0.15, 0.15), 4)
    assert all(len(set(split[person == number])) == 1 for number in set(person.tolist()) - {NO_PERSON})
    assert split[1] == split[790] and not leaking(kept_together(copies, person), split).any()
    for place in range(2):
        shares = [(split[label == place] == name).mean() for name in ("train", "val", "test")]
        np.testing.assert_allclose(shares, (0.7, 0.15, 0.15), atol=0.05)


@pytest.mark.parametrize("seed", range(8))
def test_one_person_with_most_pictures_trains(seed: int) -> None:
    person = np.repeat(np.arange(5), (10, 10, 10, 10, 1000))
    label = np.arange(1040) % 2
    split = assign_splits(np.arange(1040), person, label, LABELS, (0.7, 0.15, 0.15), seed)
    assert (split[40:] == "train").all() and {*split} == {"train", "val", "test"}


@pytest.mark.parametrize("seed", range(8))
def test_no_split_goes_without_what_few_people_show(seed: int) -> None:
    person, label = np.repeat(np.arange(100), 6), np.tile([0, 1], 300)
    label[person >= 97] = (0, 1, 2, 0, 1, 2) * 3
    split = assign_splits(np.arange(600), person, label, (*LABELS, "disgust"), (0.7, 0.15, 0.15), seed)
    assert {*split[label == 2]} == {"train", "val", "test"}


def test_few_people_who_all_show_every_label_reach_all_splits_and_two_are_too_few() -> None:
    person, label = np.repeat(np.arange(3), 4), np.tile([0, 0, 1, 1], 3)
    split = assign_splits(np.arange(12), person, label, LABELS, (0.7, 0.15, 0.15), 0)
    assert sorted(split[::4]) == ["test", "train", "val"]
    with pytest.raises(UsageError, match="neutral has 2 pictures that are neither copies of each other nor of one pe"):
        assign_splits(np.arange(8), person[:8], label[:8], LABELS, (0.7, 0.15, 0.15), 0)


def test_who_is_a_copy_of_somebody_belongs_to_them() -> None:
    copies = np.array([5, 5, 6, 7, 7, 8, 9])
    person = np.array([0, NO_PERSON, 0, 1, 0, 1, NO_PERSON])
    assert kept_together(copies, person).tolist() == [5, 5, 5, 5, 5, 5, 9]
    assert kept_together(copies, nobody(7)).tolist() == copies.tolist()
    split = np.array(["train", "train", "train", "val", "val", "test", "train"])
    assert leaking(kept_together(copies, person), split).tolist() == [True] * 5 + [False] * 2


def test_three_pictures_reach_all_three_splits_and_two_are_too_few() -> None:
    label = np.array([0] * 30 + [1] * 3)
    split = assign_splits(np.arange(33), nobody(33), label, LABELS, (0.7, 0.15, 0.15), 0)
    assert sorted(split[30:]) == ["test", "train", "val"]
    with pytest.raises(UsageError, match="contempt has 2 pictures"):
        assign_splits(np.arange(32), nobody(32), label[:32], LABELS, (0.7, 0.15, 0.15), 0)
    assert set(assign_splits(np.arange(32), nobody(32), label[:32], LABELS, (0.8, 0.2, 0.0), 0)) == {"train", "val"}


def test_faces_without_a_label_are_shared_out_however_few_and_apart_from_the_first_label() -> None:
    label = np.array([0] * 3 + [NO_LABEL] * 40 + [1] * 30)
    split = assign_splits(np.arange(73), nobody(73), label, LABELS, (0.7, 0.15, 0.15), 0)
    assert sorted(split[:3]) == ["test", "train", "val"] and (split[3:43] == "train").sum() == 28
    alone = assign_splits(np.arange(31), nobody(31), np.append(label[43:], NO_LABEL), LABELS, (0.7, 0.15, 0.15), 0)
    assert alone[-1] in ("train", "val", "test")


def test_leaks_are_the_pictures_that_must_not_train() -> None:
    copies = np.array([1, 1, 2, 2, 3, 3, 4])
    split = np.array(["train", "test", "val", "test", "train", "train", "val"])
    assert leaking(copies, split).tolist() == [True, False, True, False, False, False, False]


@pytest.mark.parametrize("text", ["", "70/30", "70/20/20", "0/50/50", "100/0/0", "a/b/c"])
def test_shares_that_are_none(text: str) -> None:
    with pytest.raises(UsageError):
        read_shares(text)
