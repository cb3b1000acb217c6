"""What a self-test says at a terminal: numbers of pictures, and what to do about them."""

from datetime import UTC, datetime

from tests.support.faces import MODEL

from mien.gallery.curation.outliers import LeftAlone
from mien.gallery.selftest.telling import judged
from mien.gallery.selftest.testing import Drawn, Risky, SelfTest, Share, Useless

NOON = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
NAMES = {"person-0001": "Ann", "person-0002": "Bob"}


def lines(risky=(), useless=(), young=LeftAlone(), drawn=None) -> list[str]:  # noqa: B008  it cannot change
    share = Share.of(9, 10)
    test = SelfTest(
        MODEL, 2, 10, 20, 0.3593, share, share, share, (), drawn, (), tuple(risky), tuple(useless), (), (), young
    )  # fmt: skip
    return [*judged(test, NAMES, NOON)]


def test_pictures_are_told_by_number_for_each_person() -> None:
    risky = [Risky(number, "person-0001", 0.2, "person-0002", 0.3) for number in (7, 5, 6)]
    useless = [Useless(9, "person-0002", "near copy", 8), Useless(11, "person-0003", "never the nearest")]

    told = lines(risky, useless)

    at = told.index(
        "  pictures more like somebody else than like their person: 3; mien people remove --picture N takes one out"
    )
    assert told[at + 1] == "    Ann: 5 to 7"
    assert told[-3:] == [
        "  pictures that add little to the others: 2; they do no harm",
        "    Bob: 9",
        "    person-0003: 11",
    ]
    assert not any("--out" in line for line in told), "that is said once, at the end"


def test_of_many_people_the_first_are_told_and_how_many_more_there_are() -> None:
    told = lines(useless=[Useless(n, f"person-{n:04d}", "never the nearest") for n in range(20, 33)])
    assert told[-1] == "    and those of 3 more people, which --json lists" and told[-2] == "    person-0029: 29"


def test_what_is_too_young_is_told_with_the_time_and_the_way_around_it() -> None:
    (told,) = (line for line in lines(young=LeftAlone(3, 75.0)) if "too young" in line)
    until = f"{datetime(2024, 5, 1, 12, 1, 15, tzinfo=UTC).astimezone():%Y-%m-%d %H:%M:%S}"
    assert told == (
        f"    3 pictures left alone as too young, until {until}; "
        "mien people cleanup --min-age 0 looks at them all the same"
    )
    assert not any("young" in line for line in lines())


def test_what_a_stranger_reaches_is_told_on_its_side_of_the_threshold() -> None:
    (told,) = (line for line in lines(drawn=Drawn(0.35929, 0.0, 20_000)) if "drawn" in line)
    assert "reaches 0.35929, and names begin at 0.35930" in told
