"""What forgetting would take, and what stays, in words for whoever is to agree."""

from collections.abc import Iterator

from mien.gallery.names import called
from mien.privacy.bearers import Namesake
from mien.privacy.forgetting.leaving import Leaver, Leaving
from mien.telemetry.text import counted, counted_with_visits

_STANDINGS = {"active": "in the gallery", "binned": "in the recycle bin", "leaving": "begun to be forgotten before"}
_COUNTED = {
    "journal": ("entry of the journal", "entries of the journal"),
    "rollups": ("roll-up of expressions", "roll-ups of expressions"),
}


def archives(leaving: Leaving) -> Iterator[str]:
    """That files for handing over go that others are in, where there are any."""
    if leaving.exports:
        yield (
            f"all archives in {leaving.exports[0].parent} go too, with everybody in them, for they are sealed: "
            f"{', '.join(path.name for path in leaving.exports)}; to keep a backup, move it out of the home first"
        )


def stays(one: Namesake) -> str:
    """Who bears the name and stays."""
    why = f"{one.merged}, which was merged into them, bore the name" if one.merged else "bears the name too"
    return f"{called(one.person)}, {_standing(one.person.standing)}, stays: {why}"


def told(one: Leaver) -> str:
    """A record that goes, and how much is kept of it."""
    of_visits = one.counts.get("visit_crops", 0)
    counts = (
        counted_with_visits(count, of_visits, "crop")
        if kind == "crops"
        else counted(count, *_COUNTED.get(kind, (kind.removesuffix("s"),)))
        for kind, count in one.counts.items()
        if count and kind != "visit_crops"
    )
    kept = ", ".join(counts) or "nothing but the id"
    others = f" (also {', '.join(one.person_ids[1:])})" if one.person_ids[1:] else ""
    where = "" if one.standing == "active" else f", {_standing(one.standing)},"
    return f"{one.person_id}{others}{where} with {kept}"


def _standing(standing: str) -> str:
    return _STANDINGS.get(standing, standing)
