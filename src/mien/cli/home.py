"""The home that a command works on, opened."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import typer

from mien.cli.terminal import Invocation

if TYPE_CHECKING:
    from mien.gallery.kept_crops import LostPicture
    from mien.settings import Settings
    from mien.wiring.stores import Stores


@contextmanager
def opened_home(
    call: Invocation, settings: "Settings", *, is_made: bool = False, lapses: bool = True
) -> "Iterator[Stores]":
    """What the home holds. Where there is none yet it is made only if it ``is_made``.

    Else that is said, and an empty one takes its place, in which nobody is found: neither a folder nor a key comes of
    looking. What expired consent no longer covers goes when a home is opened, a dry run included, for it may not be
    used; unless whoever opens it lets go of it (not ``lapses``). Raises StoreError.
    """
    from mien.wiring.stores import build_empty_stores, build_stores, has_people

    with ExitStack() as stack:
        if is_made or has_people(settings):
            yield build_stores(settings, stack, lapses=lapses)
        else:
            call.notice(f"nobody is kept in {settings.home} yet")
            yield build_empty_stores(stack)


def lost_fields(lost: "Sequence[LostPicture]") -> list[dict[str, Any]]:
    """Lost pictures as JSON has them."""
    return [{"picture_id": one.picture_id, "person_id": one.person_id} for one in lost]


def end_without(call: Invocation, lost: "Sequence[LostPicture]") -> None:
    """Where stored pictures are lost, tell which, and end with the exit code of what was done in part."""
    from mien.gallery.kept_crops import told_lost

    if lost:
        call.failure(told_lost(lost))
        raise typer.Exit(1)
