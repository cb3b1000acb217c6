"""Where a network seems to have learnt nothing, in sentences."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def told_failings(cuts: Iterable[tuple[str, Mapping[str, Any]]]) -> tuple[str, ...]:
    """A sentence for each way of judging in which a network seems to have learnt nothing of some labels, or of all.

    That is where it never answers one, or the interval of its accuracy is not above the share of the commonest label.
    ``cuts`` are what judgements tell.
    """
    found = ((cut, "; ".join(_failings(told))) for cut, told in cuts)
    return tuple(f"{cut}: {failings}" for cut, failings in found if failings)


def _failings(told: Mapping[str, Any]) -> Iterator[str]:
    if told["never_answered"]:
        yield f"never answers {', '.join(told['never_answered'])}"
    if told["accuracy_interval"][0] <= told["commonest_share"]:
        yield f"no better than always saying {told['commonest']} ({100 * told['commonest_share']:.1f} %)"
