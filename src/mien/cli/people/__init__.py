"""`mien people`: who is known, taking people in, putting them in order, and taking that back."""

import typer

from mien.cli.people import changing, enrolling, exchanging, forgetting, listing, looking, models, throwing, timelines

app = typer.Typer(no_args_is_help=True, help="The people mien knows: take them in, list them, put them in order.")
for verbs in (enrolling, listing, changing, throwing, exchanging, looking, timelines, models, forgetting):
    verbs.register(app)
