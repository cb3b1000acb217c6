"""What came of people who arrived from elsewhere, as the command tells it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typer

from mien.cli.terminal import Invocation, print_json, print_table, print_text
from mien.telemetry.text import counted, counted_with_visits

if TYPE_CHECKING:
    from mien.gallery.exchange.arrivals import Arrival
    from mien.store.consents import LetGo

_TOLD_APART = 10  # people who have pictures that came for somebody else
_IDS = 3
_TOLD = {
    "new": "taken in",
    "known": "known already",
    "forgotten": "was forgotten here, and stays so",
    "away": "is in the recycle bin here, or has faded",
    "declared": "stays out: only an operator declared consent, which does not do for this purpose",
}
_WORDS = {
    "set_aside": "set aside",
    "left": "left where they are",
    "consented": "with consent put on record",
    "withdrawn": "with consent taken back elsewhere",
}


def report(call: Invocation, arrivals: "list[Arrival]", *, is_dry: bool, json: bool) -> None:
    """Print what came of them; ends with 1 where somebody stays out."""
    for one in arrivals:
        if one.outcome == "new" and one.name != one.wanted:
            call.notice(f"{one.wanted!r} is somebody else here: taken in as {one.name!r} (mien people merge joins two)")
        if one.outcome == "declared":
            call.failure(f"{one.wanted!r} {_TOLD[one.outcome]}")
    counts = {outcome: sum(one.outcome == outcome for one in arrivals) for outcome in _TOLD}
    added = {key: sum(getattr(one, key) for one in arrivals) for key in ("pictures", "templates", "set_aside")}
    added["left"] = sum(left.pictures for one in arrivals for left in one.left)
    added["consented"] = sum(one.consented for one in arrivals)
    added["withdrawn"] = sum(one.gone is not None for one in arrivals)
    if json:
        print_json({"is_dry_run": is_dry, **counts, **added, "people": [_fields(one) for one in arrivals]})
    else:
        if is_dry:
            rows = ((one.name or "–", one.person_id, _what(one), str(one.pictures)) for one in arrivals)
            print_table("", ("name", "id", "what", "pictures."), rows)
        told = ", ".join(f"{count} {_WORDS.get(key, key)}" for key, count in {**counts, **added}.items() if count)
        print_text(f"{'would be: ' if is_dry else ''}{told or 'nobody is in it'}")
        for line in (*_told_gone(arrivals, is_dry=is_dry), *_told_left(arrivals), *_told_ids(arrivals, is_dry=is_dry)):
            print_text(line)
    if counts["declared"]:
        raise typer.Exit(1)


def _what(one: "Arrival") -> str:
    """What becomes of somebody, in a cell."""
    return _TOLD[one.outcome] + (f"; took back consent to {_uses(one.gone)}" if one.gone else "")


def _told_gone(arrivals: "list[Arrival]", *, is_dry: bool) -> Iterator[str]:
    """Who took back consent elsewhere, and what goes with it here, a line each: nobody is to miss one."""
    for one in arrivals:
        if (gone := one.gone) is not None:
            texts = (
                counted_with_visits(gone.templates, gone.visit_templates, "template"),
                counted_with_visits(len(gone.crops), gone.visit_crops, "stored picture"),
                f"expressions of {counted(gone.readings, 'reading')}",
            )
            holds = "would hold" if is_dry else "holds"
            yield (
                f"{_who(one.name, one.person_id)} took back consent to {_uses(gone)} elsewhere, which {holds} here; "
                f"gone: {', '.join(texts)}"
            )


def _uses(gone: "LetGo") -> str:
    return " and ".join(sorted(gone.scopes))


def _told_left(arrivals: "list[Arrival]") -> Iterator[str]:
    """Whose the pictures are that stay where they are, a line each."""
    lines = [
        f"left with {_who(left.name, left.person_id)}: {counted(left.pictures, 'picture')} that came for "
        f"{_who(one.wanted, one.person_id)}"
        for one in arrivals
        for left in one.left
    ]
    yield from lines[:_TOLD_APART]
    if len(lines) > _TOLD_APART:
        yield f"and so on, {len(lines) - _TOLD_APART} times more (--json tells each)"


def _told_ids(arrivals: "list[Arrival]", *, is_dry: bool) -> Iterator[str]:
    """What becomes of the ids that those who are new had elsewhere."""
    new = [one.person_id for one in arrivals if one.outcome == "new"]
    if new and is_dry:
        yield "whoever is new gets an id of this home, and keeps the uid by which another import knows them again"
    elif new:
        more = f" and {len(new) - _IDS} more" if len(new) > _IDS else ""
        yield f"new ids of this home: {', '.join(new[:_IDS])}{more}; the uids by which an import knows them again stay"


def _who(name: str, person_id: str) -> str:
    """A name with the id beside it, or what there is of both."""
    return " ".join(filter(None, (repr(name) if name else "", f"({person_id})" if name and person_id else person_id)))


def _fields(one: "Arrival") -> dict[str, Any]:
    return {
        "outcome": one.outcome,
        "reason": _TOLD[one.outcome],
        "person_id": one.person_id,
        "uid": one.uid,
        "name": one.name,
        "wanted": one.wanted,
        "pictures": one.pictures,
        "templates": one.templates,
        "set_aside": one.set_aside,
        "consented": one.consented,
        "withdrawn": sorted(one.gone.scopes) if one.gone else [],
        "gone": _gone_fields(one.gone) if one.gone else None,
        "left": [{"person_id": left.person_id, "name": left.name, "pictures": left.pictures} for left in one.left],
    }


def _gone_fields(gone: "LetGo") -> dict[str, int]:
    counts = {"templates": gone.templates, "pictures": len(gone.crops), "readings": gone.readings}
    return {**counts, "visit_templates": gone.visit_templates, "visit_pictures": gone.visit_crops}
