"""`mien models`: the networks mien knows, and everything that is done with them."""

import typer

from mien.cli.models import importing, listing, measuring, quantizing

app = typer.Typer(
    no_args_is_help=True,
    help="The networks mien knows: list them, read their cards, fetch, import, measure and verify them.",
)
app.command("list")(listing.list_models)
app.command("show")(listing.show_model)
app.command("families")(listing.show_families)
app.command("pull")(listing.pull_models)
app.command("accept")(listing.accept_models)
app.command("import")(importing.import_model)
app.command("remove")(importing.remove_model)
app.command("quantize")(quantizing.quantize_model)
app.command("bench")(measuring.bench_models)
app.command("verify")(measuring.verify_models)
