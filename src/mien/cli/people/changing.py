"""Putting people in order: rename, merge, split, move, hide, and taking any of it back."""

from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.home import opened_home
from mien.cli.people.planned import (
    DryRunOption,
    NameArgument,
    PicturesArgument,
    YesOption,
    agree,
    carry_out,
    number,
    ordering,
)
from mien.cli.people.terms import ConsentOption, EvidenceOption, ExpiresOption, VersionOption, terms
from mien.cli.terminal import Invocation, JsonOption, invocation, print_json, print_table, print_text
from mien.domain.errors import UsageError
from mien.telemetry.text import numbered

if TYPE_CHECKING:
    from mien.gallery.curation.face_groups import FaceGroup
    from mien.gallery.curation.telling import Telling
    from mien.store.journal import Change


AnyPicturesArgument = Annotated[
    list[int] | None,
    typer.Argument(
        metavar="PICTURE",
        help="Numbers of pictures, as mien people show tells.",
        show_default=False,
        parser=number("PICTURE", "mien people show NAME"),
    ),
]
GroupOption = Annotated[
    int | None,
    typer.Option(
        "--group", metavar="N", parser=number("--group", "--suggest"), help="The pictures of a group of --suggest."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command("rename")(rename)
    app.command("merge")(merge)
    app.command("split")(split)
    app.command("move")(move)
    app.command("hide")(hide)
    app.command("unhide")(unhide)
    app.command("undo")(undo)
    app.command("history")(history)


def rename(
    context: typer.Context,
    name: NameArgument,
    new_name: Annotated[str, typer.Argument(metavar="NEW_NAME", help="What the person is called from now on.")],
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Give a person another name; the id stays."""
    carry_out(invocation(context), lambda curator: curator.rename(name, new_name), dry_run=dry_run, json=json)


def merge(
    context: typer.Context,
    into: Annotated[str, typer.Argument(metavar="INTO", help="Who stays: a name or an id.")],
    others: Annotated[list[str], typer.Argument(metavar="OTHER", help="Who is the same person: names or ids.")],
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Make several people one: their pictures and everything that was seen of them are INTO's.

    Example: `mien people merge "Ada Lovelace" unknown-0007 "A. Lovelace"`
    """
    carry_out(invocation(context), lambda curator: curator.merge(into, others), dry_run=dry_run, yes=yes, json=json)


def split(
    context: typer.Context,
    name: NameArgument,
    pictures: AnyPicturesArgument = None,
    suggest: Annotated[
        bool, typer.Option("--suggest", metavar="", help="Tell which pictures show one face, and do nothing.")
    ] = False,
    group: GroupOption = None,
    to: Annotated[
        str, typer.Option("--name", metavar="NAME", help="What the other person is called; a stranger without.")
    ] = "",
    consent: ConsentOption = None,
    evidence: EvidenceOption = "",
    text: VersionOption = "",
    expires: ExpiresOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Take pictures of somebody else out of a person: they found another one.

    Example: `mien people split "Ada Lovelace" --suggest`

    Example: `mien people split "Ada Lovelace" --group 2 --name "Grace Hopper"`
    """
    if sum((bool(pictures), suggest, group is not None)) != 1:
        raise UsageError("name pictures, or one of --suggest and --group")
    call = invocation(context)
    if suggest:
        if to or dry_run:
            raise UsageError("--suggest changes nothing: --name and --dry-run go with --group")
        _tell_groups(name, _groups(call, name), json=json)
        return
    chosen = pictures or _group(call, name, group or 0)
    told = terms(call, call.settings(), (consent, evidence, text, expires)) if to else None
    agreed = told.consent if told else None
    carry_out(call, lambda curator: curator.split(name, chosen, to, agreed), dry_run=dry_run, yes=yes, json=json)
    if told and not (dry_run or told.is_given):
        told.declared()


def _groups(call: Invocation, name: str) -> "tuple[FaceGroup, ...]":
    from mien.wiring.curation import suggested_groups

    settings = call.settings()
    with opened_home(call, settings) as stores:
        return suggested_groups(settings, stores, name)


def _group(call: Invocation, name: str, wanted: int) -> list[int]:
    """The pictures of a group; raises UsageError where there are fewer."""
    found = _groups(call, name)
    if wanted > len(found):
        groups = ", ".join(f"{at} ({numbered(one.picture_ids)})" for at, one in enumerate(found, start=1))
        told = "all pictures show one face" if len(found) == 1 else f"the groups of pictures of {name!r} are {groups}"
        raise UsageError(f"--group {wanted}: {told}")
    chosen = [*found[wanted - 1].picture_ids]
    call.notice(f"group {wanted}: {numbered(chosen)}")
    return chosen


def _tell_groups(name: str, found: "tuple[FaceGroup, ...]", *, json: bool) -> None:
    if json:
        rows = [
            {"group": at, "pictures": sorted(one.picture_ids), "similarity": one.similarity}
            for at, one in enumerate(found, start=1)
        ]
        print_json({"person": name, "groups": rows})
        return
    columns = ("group.", "count.", "similarity to 1.", "pictures")
    print_table("", columns, (
        (str(at), str(len(one.picture_ids)), "" if one.similarity is None else f"{one.similarity:.2f}",
         numbered(one.picture_ids))
        for at, one in enumerate(found, start=1)
    ))  # fmt: skip
    if len(found) == 1:
        print_text("all pictures show one face")
    else:
        print_text("mien people split NAME --group N takes the pictures of a group out; mien people sheet shows them")


def move(
    context: typer.Context,
    pictures: PicturesArgument,
    to: Annotated[str, typer.Option("--to", metavar="NAME", help="Whose they are: a name or an id.")],
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Give pictures to the person who is on them."""
    carry_out(invocation(context), lambda curator: curator.move(pictures, to), dry_run=dry_run, json=json)


def hide(context: typer.Context, name: NameArgument, dry_run: DryRunOption = False, json: JsonOption = False) -> None:
    """Leave a person out of lists; they are known as before."""
    carry_out(invocation(context), lambda curator: curator.hide(name), dry_run=dry_run, json=json)


def unhide(context: typer.Context, name: NameArgument, dry_run: DryRunOption = False, json: JsonOption = False) -> None:
    """Put somebody who is hidden or ignored back into lists."""
    carry_out(invocation(context), lambda curator: curator.show(name), dry_run=dry_run, json=json)


def undo(
    context: typer.Context,
    change: Annotated[
        int | None,
        typer.Argument(
            metavar="CHANGE",
            parser=number("CHANGE", "mien people history"),
            show_default=False,
            help="Which change, as mien people history tells; without, the newest that somebody made.",
        ),
    ] = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Take back a change: a rename, merge, split or move, what was hidden, thrown away or set aside.

    What a later change stands on cannot be taken back before that one. Whom it parts are two people from then on: mien
    does not merge them again by itself. Consent that was withdrawn since stays withdrawn, which is said.
    """
    call = invocation(context)
    with ordering(call) as (curator, telling):
        undone = curator.foresee_undo(change or 0)
        what, lines, stays = _described(undone, telling), telling.undoing(undone), telling.stays(undone)
        for warning in stays:
            call.notice(f"careful: {warning}")
        if not dry_run:
            if not yes:
                agree(f"undo {what}: {'; '.join(lines)}")
            undone = curator.undo(undone.change_id)
    if json:
        told = {"undone": undone.change_id, "kind": undone.kind, "people": list(undone.people)}
        told |= {"at": undone.at.isoformat(), "is_dry_run": dry_run}
        print_json({**told, "taken_back": list(lines), "warnings": list(stays)})
    else:
        print_text("\n  ".join((f"{'would undo' if dry_run else 'undone:'} {what}", *lines)))


def _described(change: "Change", telling: "Telling") -> str:
    who = telling.who(change, with_ids=True)
    return f"change {change.change_id} of {_when(change)} ({telling.word(change)}: {who})"


def _when(change: "Change") -> str:
    return f"{change.at.astimezone():%Y-%m-%d %H:%M}"


def history(
    context: typer.Context,
    last: Annotated[int, typer.Option(metavar="N", min=1, help="So many changes.")] = 20,
    json: JsonOption = False,
) -> None:
    """List what was done to people, the newest first."""
    with ordering(invocation(context)) as (curator, telling):
        changes = curator.changes(last)
        told = [(telling.word(one), telling.who(one)) for one in changes]
    if json:
        rows = [
            {
                "change": one.change_id,
                "kind": one.kind,
                "people": list(one.people),
                "is_automatic": one.is_automatic,
                "at": one.at.isoformat(),
                "undone_at": one.undone_at.isoformat() if one.undone_at else None,
            }
            for one in changes
        ]
        print_json({"changes": rows})
    elif changes:
        columns = ("change.", "at", "what", "by", "people", "undone")
        cells = (
            (
                str(one.change_id),
                _when(one),
                word,
                "mien" if one.is_automatic else "somebody",
                who,
                "yes" if one.undone_at else "",
            )
            for one, (word, who) in zip(changes, told, strict=True)
        )
        print_table("", columns, cells)
    else:
        print_text("nothing was changed (what the recycle bin no longer keeps is not told)")
