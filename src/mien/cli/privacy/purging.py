"""`mien privacy purge`: what has been kept long enough goes."""

import typer

from mien.cli.home import opened_home
from mien.cli.people.planned import DryRunOption
from mien.cli.terminal import ConfigOption, JsonOption, invocation, print_json, print_table, print_text
from mien.domain.clock import SystemClock
from mien.domain.errors import StoreError


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("purge")(purge)


def purge(
    context: typer.Context, dry_run: DryRunOption = False, config: ConfigOption = None, json: JsonOption = False
) -> None:
    """Remove what has been kept for longer than privacy.retention says, and what expired consent no longer covers.

    Afterwards it is counted again: what is left is a failure. Whoever was to be forgotten and was not, for something
    came between, is forgotten last. `mien watch` does this every hour, `mien analyze` when it begins.

    Example: `mien privacy purge --dry-run`
    """
    from mien.wiring.rights import build_purging

    call = invocation(context)
    settings = call.settings(config, checks_models=False)
    with opened_home(call, settings, lapses=False) as stores:
        purging = build_purging(settings, stores, SystemClock())
        purged = purging.due() if dry_run else purging.purge()
    if json:
        print_json({**purged.counts, "left": purged.left, "is_dry_run": dry_run})
    else:
        rows = ((kind.replace("_", " "), str(count)) for kind, count in purged.counts.items())
        print_table("", ("kind", "would go." if dry_run else "went."), rows)
        if not dry_run:
            print_text(f"counted again: {purged.left} left")
    if purged.unfinished is not None:
        raise purged.unfinished
    if purged.left:
        raise StoreError(f"{purged.left} records are left that have been kept long enough: purge again")
