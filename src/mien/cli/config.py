"""`mien config`: what is in force, or everything that is wrong with a settings file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.models.terms import answers_on_record
from mien.cli.terminal import Invocation, JsonOption, invocation, print_json, print_text
from mien.domain.errors import SettingsError

if TYPE_CHECKING:
    from mien.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Settings: check a file and see what is in force.")


@app.command("check")
def check(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", help="The file to check; without it the one that is in force.", show_default=False
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Print what is in force, or every problem of a settings file.

    Problems come with their lines, and the exit code is then 2.

    Values from the environment (MIEN_* and ${NAME}) are looked at as they would be by any other command; passwords
    are not shown.
    """
    call = invocation(context)
    try:
        settings = call.settings(file)
    except SettingsError as error:
        if not json:
            raise
        print_json({"ok": False, "problems": str(error).splitlines()})
        raise typer.Exit(2) from error
    in_force = settings.model_dump(mode="json")
    waiting = _not_accepted(call, settings)
    if json:
        print_json({"ok": True, "not_accepted": waiting, "settings": call.redactor.redacted(in_force)})
        return
    import yaml

    print_text(yaml.safe_dump(call.redactor.redacted(in_force), sort_keys=False, allow_unicode=True).rstrip())
    call.notice(f"{file or 'the settings in force'}: in order")
    for name in waiting:
        call.notice(f"{name} does not run before its terms are accepted: mien models accept {name}")


def _not_accepted(call: Invocation, settings: "Settings") -> list[str]:
    """The models behind settings and their cameras that wait for somebody to accept their terms."""
    from mien.inference.catalog import load_catalog
    from mien.inference.home_models import is_accepted
    from mien.settings import models_behind

    catalog, answers = load_catalog(home=settings.home), answers_on_record(call, settings)
    behind = dict(models_behind(settings, catalog, cameras=settings.cameras.values()))
    return [name for name in behind if not is_accepted(catalog.card(name), answers, settings.accepted_models)]
