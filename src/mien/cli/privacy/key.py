"""`mien privacy key`: by which key the people of a home are encrypted, and another one in its place."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import typer

from mien.cli.people.planned import DryRunOption, YesOption, agree
from mien.cli.terminal import JsonOption, invocation, print_json, print_text
from mien.domain.clock import SystemClock
from mien.domain.errors import KeyUnusable, StoreError
from mien.telemetry.text import counted

if TYPE_CHECKING:
    from mien.settings import Settings
    from mien.store.sql.rotation import Foreseen
    from mien.store.sql.unlocking import KeyRecord
    from mien.wiring.stores import Stores

app = typer.Typer(no_args_is_help=True, help="The key by which people are encrypted: see where it is, and change it.")


@contextmanager
def _locked_home(settings: "Settings") -> "Iterator[Stores]":
    """What a home holds that has a key; raises StoreError where it has none yet."""
    from mien.wiring.stores import build_stores, has_people

    if not has_people(settings):
        raise StoreError(f"nobody is kept in {settings.home} yet, and so there is no key")
    with ExitStack() as stack:
        yield build_stores(settings, stack)


@app.command("show")
def show_key(context: typer.Context, json: JsonOption = False) -> None:
    """Print where the key lies, by what it may be recognised, and since when it is in use. Never the key itself.

    Where the key does not open the home the place is printed all the same, and why it does not.
    """
    try:
        with _locked_home(invocation(context).settings(checks_models=False)) as stores:
            record = stores.database.key_record()
    except KeyUnusable as error:
        if json:
            print_json({"place": error.place, "fingerprint": None, "number": None, "since": None})
        else:
            print_text(f"{error.place}: holds no key that opens the home")
        raise
    if json:
        since = record.since.isoformat()
        print_json({"place": record.place, "fingerprint": record.owner, "number": record.number, "since": since})
    else:
        since = f"{record.since.astimezone():%Y-%m-%d %H:%M}"
        print_text(f"{record.place}: fingerprint {record.owner}; key {record.number} of the home, since {since}")


@app.command("new")
def new_key(json: JsonOption = False) -> None:
    """Print a new key in base64, for MIEN_KEY or MIEN_NEW_KEY, and nothing else. Nothing is changed by it."""
    from mien.store.vault.keys import encoded
    from mien.store.vault.vault import new_key as make_key

    text = encoded(make_key())
    if json:
        print_json({"key": text})
    else:
        print_text(text)


@app.command("rotate")
def rotate_key(
    context: typer.Context, dry_run: DryRunOption = False, yes: YesOption = False, json: JsonOption = False
) -> None:
    """Encrypt everything with a new key of the home, kept under a new key of yours, and remove the old ones.

    Your new key takes the place of the old one. Where MIEN_KEY gives it, MIEN_NEW_KEY gives the new one, and is
    MIEN_KEY from then on. Cameras go on meanwhile. What is interrupted is gone on with by rotating again. Copies of
    the home that were made before still open with the old key. A damaged picture, which no key opens, is passed over.

    Example: `mien privacy key rotate`
    """
    from mien.store.vault.keys import NEW_KEY_VARIABLE, decoded
    from mien.wiring.rights import foresee_rotation, rotate_keys

    text = os.environ.get(NEW_KEY_VARIABLE, "")
    given = decoded(text, NEW_KEY_VARIABLE, is_new=True) if text else None
    settings = invocation(context).settings(checks_models=False)
    with _locked_home(settings) as stores:
        foreseen, pictures = foresee_rotation(stores, given)
        what = _told(foreseen, pictures)
        if not dry_run and not yes:
            agree(what)
        record, damaged = (foreseen.record, 0) if dry_run else rotate_keys(settings, stores, SystemClock(), given)
    if json:
        told = {"is_dry_run": dry_run, "place": record.place, "fingerprint": record.owner, "number": record.number}
        print_json(
            {**told, "values": foreseen.values, "pictures": pictures} if dry_run else {**told, "damaged": damaged}
        )
    elif dry_run:
        print_text(f"would {what}")
    else:
        _print_rotated(record, damaged)


def _told(foreseen: "Foreseen", pictures: int) -> str:
    """What a rotation does, in words."""
    record, values = foreseen.record, counted(foreseen.values, "value")
    begin = f"replace key {record.number} of the home"
    if foreseen.is_begun:
        begin = f"go on with bringing in key {record.number} of the home"
    yours = f"your key in {record.place} (fingerprint {record.owner})"
    return f"{begin} and {yours}, and encrypt {values} of the database and {counted(pictures, 'picture')} anew"


def _print_rotated(record: "KeyRecord", damaged: int) -> None:
    from mien.store.vault.keys import FILE_VARIABLE, KEY_VARIABLE, NEW_KEY_VARIABLE

    print_text(f"{record.place}: fingerprint {record.owner}; everything is encrypted with key {record.number}")
    if damaged:
        print_text(
            f"passed over: {counted(damaged, 'damaged picture')}, which no key opens; mien people sheet says whose"
        )
    if os.environ.get(FILE_VARIABLE):
        print_text("the former key stays in that file, below, for other homes: remove it when none needs it")
    if os.environ.get(KEY_VARIABLE):
        print_text(f"{KEY_VARIABLE} has to be what {NEW_KEY_VARIABLE} is from now on")
