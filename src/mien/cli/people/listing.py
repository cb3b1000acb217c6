"""Who there is, and what is kept of each: as lists, and as pages with pictures."""

from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli.home import end_without, lost_fields, opened_home
from mien.cli.people.exchanging import OverwriteOption
from mien.cli.terminal import JsonOption, invocation, print_json, print_table, print_text
from mien.domain.clock import SystemClock
from mien.domain.errors import GalleryError, UsageError
from mien.telemetry.text import counted

if TYPE_CHECKING:
    from mien.domain.people.people import Person, Picture
    from mien.domain.people.sightings import Sighting
    from mien.gallery.roster import RosterEntry, Unseen


UNRECOGNISED: "dict[Unseen, str]" = {
    "no_templates": (
        "not recognised, for no picture has a template of the model in use: with consent to be identified mien people "
        "reembed makes them of stored pictures"
    ),
    "nothing_kept": (
        "not recognised, for no picture has a template of the model in use, and none is stored to make one of: with "
        "consent to be identified mien people enrol NAME takes new ones"
    ),
    "put_away": (
        "not recognised, for no picture is looked at: mien people restore --picture N takes one back that is set "
        "aside or in the recycle bin, by its number in mien people show NAME; mien people undo the last change"
    ),
}
_NAMED = 10
_SHELL = (
    "empty: in the recycle bin, and nothing is kept of them but a name and a record of consent, for what made them was "
    "undone; mien privacy forget ID deletes that too"
)
_FADED = (
    "faded: a stranger whose time was over, of whom nothing is kept but visits and readings; the last of these takes "
    "the id along, and mien privacy forget ID all of it now"
)


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command("list")(list_people)
    app.command("show")(show_person)
    app.command("sheet")(sheet)


def list_people(
    context: typer.Context,
    everybody: Annotated[
        bool, typer.Option("--all", metavar="", help="Hidden, ignored, merged and thrown away ones too.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """List everybody: enrolled people by name, then the strangers that were met, by id.

    The pictures that count are those that are looked at: not those set aside or thrown away. Stored are those of which
    the picture itself is kept, too; of the others there are the templates alone. --json tells more.
    """
    from mien.wiring.curation import unrecognised as find_unrecognised
    from mien.wiring.people import build_roster

    call = invocation(context)
    settings = call.settings()
    with opened_home(call, settings) as stores:
        entries = build_roster(stores).entries(everybody)
        unrecognised = find_unrecognised(settings, stores)
    if json:
        print_json({"people": [_fields(entry, unrecognised) for entry in entries]})
    elif entries:
        columns = ("name", "id", *(("standing",) if everybody else ()), "pictures.", "stored.", "since")
        print_table("", columns, (_cells(entry, everybody) for entry in entries), ("since",))
        for why, told in UNRECOGNISED.items():
            unseen = [entry.person for entry in entries if unrecognised.get(entry.person.person_id) == why]
            if unseen:
                print_text(f"{_named(unseen)}: {told}")
        if any(entry.is_shell for entry in entries):
            print_text(_SHELL)
        if any(entry.person.standing == "faded" for entry in entries):
            print_text(_FADED)
    else:
        print_text("nobody is enrolled; mien people enrol NAME IMAGE… changes that")


def _named(people: "Sequence[Person]") -> str:
    """The first of some people by name, and how many others there are."""
    from mien.gallery.names import called

    others = counted(len(people) - _NAMED, "other") if len(people) > _NAMED else ""
    return " and ".join(filter(None, (", ".join(map(called, people[:_NAMED])), others)))


def _fields(entry: "RosterEntry", unrecognised: "Collection[str]") -> dict[str, Any]:
    person = entry.person
    return {
        "person_id": person.person_id,
        "name": person.name,
        "kind": person.kind,
        "standing": person.standing,
        "pictures": entry.pictures,
        "templates": entry.templates,
        "stored": entry.stored,
        "is_recognised": person.is_present and entry.templates > 0 and person.person_id not in unrecognised,
        "created_at": person.created_at.isoformat(),
    }


def _cells(entry: "RosterEntry", everybody: bool) -> tuple[str, ...]:
    person = entry.person
    standing = (_standing(person, is_shell=entry.is_shell),) if everybody else ()
    counts = (str(entry.pictures), str(entry.stored))
    return (person.name or "–", person.person_id, *standing, *counts, f"{person.created_at.astimezone():%Y-%m-%d}")


def _standing(person: "Person", *, is_shell: bool) -> str:
    if person.merged_into:
        return f"is {person.merged_into}"
    return "binned, empty" if is_shell else person.standing


def show_person(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name, or an id such as unknown-0007.")],
    json: JsonOption = False,
) -> None:
    """Show what is kept of a person: every picture with its number, quality and state, sightings, and consent.

    Only a picture with a template, of the model in use, is one that the person is known by.
    """
    from mien.wiring.curation import embedded as find_embedded
    from mien.wiring.curation import unrecognised as find_unrecognised
    from mien.wiring.people import build_roster

    call = invocation(context)
    settings = call.settings()
    with opened_home(call, settings) as stores:
        unrecognised, embedded = find_unrecognised(settings, stores), find_embedded(settings, stores)
        entry = build_roster(stores).entry(name)
        person = entry.person
        pictures = stores.people.pictures(person.person_id)
        consent = stores.consents.scopes_of(person.person_id, SystemClock().now())
        sightings = stores.sightings.latest(10, person.person_id)
    if json:
        print_json(
            {
                **_fields(entry, unrecognised),
                "consent": sorted(consent),
                "kept": [{**_picture(one), "has_template": one.picture_id in embedded} for one in pictures],
                "sightings": [_sighting(one) for one in sightings],
            }
        )
        return
    agreed = ", ".join(sorted(consent)) or "nothing"
    told = f"consents to {agreed}" if person.kind == "enrolled" else "a stranger"
    who = f"{person.name} ({person.person_id})" if person.name else person.person_id
    print_text(f"{who}, {person.standing}, {told}")
    print_text(_kept(entry))
    if why := unrecognised.get(person.person_id):
        print_text(UNRECOGNISED[why])
    columns = ("picture.", "state", "quality.", "stored", "template", "from", "since")
    cells = (_picture_cells(one, has_template=one.picture_id in embedded) for one in pictures)
    print_table("", columns, cells, ("since",))
    for one in sightings:
        print_text(f"sighting {one.sighting_id}: {one.track} from {_at(one.began_at)} to {_at(one.ended_at)}")


def _kept(entry: "RosterEntry") -> str:
    """What is kept to know a person by, in words: pictures may be gone, and templates still there."""
    stored = {entry.pictures: "all of them stored", 0: "pictures not kept"}.get(entry.stored, f"{entry.stored} stored")
    counts = f"{counted(entry.pictures, 'picture')}, {counted(entry.templates, 'template')}"
    return f"{counts}; {stored}" if entry.pictures else counts


def _picture_cells(one: "Picture", *, has_template: bool) -> tuple[str, ...]:
    kept = ("yes" if one.crop else "no", "yes" if has_template else "no")
    return (str(one.picture_id), one.state, f"{one.quality:.2f}", *kept, one.origin, _at(one.created_at))


def sheet(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the pages go, outside the home.")],
    name: Annotated[
        str, typer.Argument(metavar="NAME", show_default=False, help="Only this one: a name or an id.")
    ] = "",
    png: Annotated[bool, typer.Option("--png", metavar="", help="Pictures for printing too, 80 faces each.")] = False,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
) -> None:
    """Write a page with everybody's best picture, and a page of each person with all pictures and their numbers.

    The pages need no network. With `privacy.blur_strangers` strangers are not on them, but for one who is named. A page
    that is there already is not touched without --overwrite.

    Example: `mien people sheet --out sheet/ --png`
    """
    from mien.results.album.sheet import in_the_way, write_sheet
    from mien.store.home import Home
    from mien.store.outputs import noted
    from mien.wiring.curation import build_album
    from mien.wiring.people import build_roster

    call, clock = invocation(context), SystemClock()
    settings = call.settings()
    Home(settings.home).check_outside(out)
    with opened_home(call, settings) as stores:
        roster, album = build_roster(stores), build_album(stores)
        if name:
            people = [roster.find(name)]
        else:
            is_shown = ("enrolled",) if settings.privacy.blur_strangers else ("enrolled", "stranger")
            people = [entry.person for entry in roster.entries() if entry.person.kind in is_shown]
        if not people:
            raise GalleryError("there is nobody to be shown")
        if not overwrite and (there := in_the_way(out, people, prints=png)):
            raise UsageError(f"{there} is there already: --overwrite replaces it, another --out keeps it")
        with noted(stores.outputs, "contact_sheet", clock, out):
            written = write_sheet(out, map(album.person, people), clock.now(), prints=png)
    if json:
        files = [str(path) for path in written]
        print_json({"folder": str(out), "people": len(people), "files": files, "lost": lost_fields(album.lost)})
    else:
        print_text(f"{written[0]}: {counted(len(people), 'person', 'people')}")
        for path in (one for one in written if one.suffix == ".png"):
            print_text(f"{path}: for printing")
    end_without(call, album.lost)


def _at(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def _sighting(sighting: "Sighting") -> dict[str, Any]:
    return {
        "sighting_id": sighting.sighting_id,
        "camera": sighting.camera,
        "track_id": sighting.track_id,
        "from": sighting.began_at.isoformat(),
        "to": sighting.ended_at.isoformat(),
    }


def _picture(picture: "Picture") -> dict[str, Any]:
    return {
        "picture_id": picture.picture_id,
        "state": picture.state,
        "quality": picture.quality,
        "origin": picture.origin,
        "is_kept": bool(picture.crop),
        "created_at": picture.created_at.isoformat(),
    }
