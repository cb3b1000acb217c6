"""The recycle bin: what is removed can be restored until it is purged; what is forgotten cannot."""

from typing import Annotated

import typer

from mien.cli.people.planned import DryRunOption, PicturesArgument, YesOption, carry_out, number
from mien.cli.terminal import JsonOption, invocation
from mien.domain.errors import UsageError

WhoArgument = Annotated[
    str, typer.Argument(metavar="NAME", show_default=False, help="A name, or an id such as unknown-0007.")
]
PictureOption = Annotated[
    list[int] | None,
    typer.Option(
        "--picture",
        metavar="N",
        parser=number("--picture", "mien people show NAME"),
        help="A picture in place of a person, of NAME where that is told, else of whomever; may be repeated.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command("remove")(remove)
    app.command("set-aside")(set_aside)
    app.command("restore")(restore)


def remove(
    context: typer.Context,
    name: WhoArgument = "",
    picture: PictureOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Put a person, or single pictures, into the recycle bin: not known any more, and restored at any time.

    After `privacy.retention.bin_days` a purge deletes them for good. `mien privacy forget` does so at once.

    Example: `mien people remove "Ada Lovelace" --picture 12`
    """
    call, pictures = invocation(context), _named(name, picture)
    if pictures:
        carry_out(call, lambda curator: curator.remove_pictures(pictures, name), dry_run=dry_run, yes=yes, json=json)
    else:
        carry_out(call, lambda curator: curator.remove([name]), dry_run=dry_run, yes=yes, json=json)


def set_aside(
    context: typer.Context,
    picture: PicturesArgument,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Keep pictures, but look at them no more: others say the same."""
    carry_out(invocation(context), lambda curator: curator.set_aside(picture), dry_run=dry_run, json=json)


def restore(
    context: typer.Context,
    name: WhoArgument = "",
    picture: PictureOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Take a person, or single pictures, out of the recycle bin; pictures that were set aside, too."""
    call, pictures = invocation(context), _named(name, picture)
    if pictures:
        carry_out(call, lambda curator: curator.restore_pictures(pictures, name), dry_run=dry_run, json=json)
    else:
        carry_out(call, lambda curator: curator.restore(name), dry_run=dry_run, json=json)


def _named(name: str, pictures: list[int] | None) -> list[int]:
    if not (name or pictures):
        raise UsageError("name a person, or pictures with --picture")
    return pictures or []
