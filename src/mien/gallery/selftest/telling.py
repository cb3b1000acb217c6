"""What a self-test says, in lines for whoever reads it at a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from mien.gallery.curation.outliers import LeftAlone
from mien.gallery.selftest.testing import FEW, Risky, SelfTest, Useless
from mien.telemetry.text import counted, decimals_beside, numbered

_LISTED = 10  # people, of those with pictures that something is said of


def judged(test: SelfTest, names: Mapping[str, str], at: datetime) -> Iterator[str]:
    """What is right, what would go wrong, and what to do about it: a line each, with the pictures that it is about."""
    yield f"{test.model}: {counted(test.people, 'person', 'people')}, {counted(test.pictures, 'picture')}"
    if (right := test.identified).count:
        yield (
            f"  named rightly: {right.share:.1%} of {counted(right.count, 'picture')}, each looked for among all "
            f"others (95 %: {right.low:.1%} to {right.high:.1%})"
        )
    if drawn := test.drawn:
        decimals = decimals_beside(test.threshold, [drawn.highest])
        begin = f"names begin at {test.threshold:.{decimals}f}"
        reach = f"the nearest reaches {drawn.highest:.{decimals}f}, and {begin}"
        yield f"  named wrongly: {drawn.named:.2%} of {drawn.count:,} strangers drawn at random; {reach}"
    named = sum(one.similarity >= test.threshold for one in test.met)
    yield _count("strangers of this home who would get a name", named, "mien review list says whose")
    yield _count("pictures that probably show somebody else", len(test.doubts), "mien people cleanup lists them")
    if (young := test.left_alone).count:
        yield f"    {left_alone(young, at)}; mien people cleanup --min-age 0 looks at them all the same"
    advice = "mien people remove --picture N takes one out"
    yield _count("pictures more like somebody else than like their person", len(test.risky), advice)
    yield from _of_people(test.risky, names)
    yield _count(f"people with fewer than {FEW} pictures", len(test.sparse), "mien people enrol adds some")
    yield _count("pictures that add little to the others", len(test.useless), "they do no harm")
    yield from _of_people(test.useless, names)


def _count(what: str, count: int, advice: str) -> str:
    return f"  {what}: {count}{f'; {advice}' if count else ''}"


def _of_people(found: Sequence[Risky | Useless], names: Mapping[str, str]) -> Iterator[str]:
    """The numbers of pictures, a line for each of the people whose they are."""
    owned: dict[str, list[int]] = {}
    for one in found:
        owned.setdefault(one.person_id, []).append(one.picture_id)
    for person_id, pictures in [*owned.items()][:_LISTED]:
        yield f"    {names.get(person_id, person_id)}: {numbered(pictures)}"
    if len(owned) > _LISTED:
        yield f"    and those of {counted(len(owned) - _LISTED, 'more person', 'more people')}, which --json lists"


def left_alone(young: LeftAlone, at: datetime) -> str:
    """How many pictures are left alone, and until when, by the clock of whoever reads it."""
    until = f"{young.until(at).astimezone():%Y-%m-%d %H:%M:%S}"
    return f"{counted(young.count, 'picture')} left alone as too young, until {until}"
