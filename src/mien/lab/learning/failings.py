"""Where a network seems to have learnt nothing, in sentences."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def told_failings(cuts: Iterable[tuple[str, Mapping[str, Any]]]) -> tuple[str, ...]:
    """A sentence for each way of judging in which a network seems to have learnt nothing of some labels, or of all.

    That is where it never answers one, or where its accuracy is not above the share of the commonest label, or not by
    so much that its interval is. ``cuts`` are what judgements tell.
    """
    found = ((cut, "; ".join(_failings(told))) for cut, told in cuts)
    return tuple(f"{cut}: {failings}" for cut, failings in found if failings)


def _failings(told: Mapping[str, Any]) -> Iterator[str]:
    if told["never_answered"]:
        yield f"never answers {', '.join(told['never_answered'])}"
    low, high = told["accuracy_interval"]
    always = f"better than always saying {told['commonest']} ({100 * told['commonest_share']:.1f} %)"
    if told["accuracy"] <= told["commonest_share"]:
        yield f"no {always}"
    elif low <= told["commonest_share"]:
        yield f"not shown to be {always}: {100 * low:.0f} to {100 * high:.0f} % with so few pictures"
