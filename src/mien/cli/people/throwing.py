"""The recycle bin: what is removed can be restored until it is purged; what is forgotten cannot."""

from typing import Annotated

import typer

from mien.cli.people.planned import DryRunOption, PicturesArgument, YesOption, carry_out, number
from mien.cli.terminal import JsonOption, invocation
from mien.domain.errors import UsageError

WhoArgument = Annotated[
    list[str] | None, typer.Argument(metavar="NAME", show_default=False, help="Names, or ids such as unknown-0007.")
]
PictureOption = Annotated[
    list[int] | None,
    typer.Option(
        "--picture",
        metavar="N",
        parser=number("--picture", "mien people show NAME"),
        help="A picture in place of a person, of NAME where that is told, else of whomever; --picture 40 --picture 41.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command("remove")(remove)
    app.command("set-aside")(set_aside)
    app.command("keep")(keep)
    app.command("restore")(restore)


def remove(
    context: typer.Context,
    names: WhoArgument = None,
    picture: PictureOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Put people, or single pictures, into the recycle bin: not known any more, and restored at any time.

    After `privacy.retention.bin_days` a purge deletes them for good. `mien privacy forget` does so at once.

    Example: `mien people remove "Ada Lovelace" --picture 12`
    """
    call, pictures, people = invocation(context), picture or [], names or []
    of = _asked(people, pictures)
    if pictures:
        carry_out(call, lambda curator: curator.remove_pictures(pictures, of), dry_run=dry_run, yes=yes, json=json)
    else:
        carry_out(call, lambda curator: curator.remove(people), dry_run=dry_run, yes=yes, json=json)


def set_aside(
    context: typer.Context,
    picture: PicturesArgument,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Keep pictures, but look at them no more: others say the same."""
    carry_out(invocation(context), lambda curator: curator.set_aside(picture), dry_run=dry_run, json=json)


def keep(
    context: typer.Context,
    picture: PicturesArgument,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Say of pictures that they are right, whatever they look like: `mien people cleanup` names them no more.

    It holds as long as they are of the same person; `mien people undo` takes it back.
    """
    carry_out(invocation(context), lambda curator: curator.vouch(picture), dry_run=dry_run, json=json)


def restore(
    context: typer.Context,
    names: WhoArgument = None,
    picture: PictureOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Take a person, or single pictures, out of the recycle bin; pictures that were set aside, too."""
    call, pictures, people = invocation(context), picture or [], names or []
    of = _asked(people, pictures)
    if pictures:
        carry_out(call, lambda curator: curator.restore_pictures(pictures, of), dry_run=dry_run, json=json)
    elif len(people) > 1:
        raise UsageError("one person comes out of the recycle bin at a time: name one")
    else:
        carry_out(call, lambda curator: curator.restore(of), dry_run=dry_run, json=json)


def _asked(names: list[str], pictures: list[int]) -> str:
    """The first of some people, or an empty text; raises UsageError where it is not clear whom or what is meant."""
    if not (names or pictures):
        raise UsageError("name a person, or pictures with --picture")
    if pictures and (numbers := [one for one in names if one.isdecimal()]):
        raise UsageError(f"of several pictures each has its own --picture: --picture {' --picture '.join(numbers)}")
    if pictures and len(names) > 1:
        raise UsageError("with --picture name one person whose pictures they are, or nobody")
    return names[0] if names else ""
