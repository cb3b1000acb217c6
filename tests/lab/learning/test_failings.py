"""What a network seems not to have learnt is told as surely as it is known."""

from mien.lab.learning.failings import told_failings


def told(accuracy: float, low: float, high: float, *never: str) -> dict[str, object]:
    judged = {"accuracy": accuracy, "accuracy_interval": (low, high), "never_answered": never}
    return {**judged, "commonest": "neutral", "commonest_share": 0.5}


def test_worse_unsure_and_better_are_told_apart() -> None:
    assert told_failings([("given", told(0.5, 0.4, 0.6))]) == ("given: no better than always saying neutral (50.0 %)",)
    (unsure,) = told_failings([("given", told(0.625, 0.47, 0.76))])
    assert unsure == (
        "given: not shown to be better than always saying neutral (50.0 %): 47 to 76 % with so few pictures"
    )
    assert told_failings([("given", told(0.9, 0.85, 0.94))]) == ()
    (both,) = told_failings([("given", told(0.4, 0.3, 0.5, "fear", "anger")), ("aligned", told(0.9, 0.8, 0.95))])
    assert both.startswith("given: never answers fear, anger; no better than ")
