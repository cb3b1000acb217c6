"""`mien models`: the networks mien knows, and everything that is done with them."""

import typer

from mien.cli.models import calibrating, fetching, importing, listing, measuring, quantizing, terms

app = typer.Typer(
    no_args_is_help=True,
    help="The networks mien knows: list them, read their cards, fetch, import, calibrate, measure and verify them.",
)
app.command("list")(listing.list_models)
app.command("show")(listing.show_model)
app.command("families")(listing.show_families)
app.command("pull")(fetching.pull_models)
app.command("accept")(terms.accept_models)
app.command("import")(importing.import_model)
app.command("remove")(importing.remove_model)
app.command("calibrate")(calibrating.calibrate_model)
app.command("quantize")(quantizing.quantize_model)
app.command("bench")(measuring.bench_models)
app.command("verify")(measuring.verify_models)
