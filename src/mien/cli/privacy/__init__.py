"""`mien privacy`: what the deployment is for, and the record of what was done about people."""

import typer

from mien.cli.people import forgetting
from mien.cli.privacy import audit, consent, exporting, key, purging, purpose

app = typer.Typer(
    no_args_is_help=True,
    help="Answer for what is done with faces: what this deployment is for, and the log of what was done about people.",
)
app.command("purpose")(purpose.show_purpose)
for verbs in (forgetting, exporting, purging):
    verbs.register(app)
app.add_typer(consent.app, name="consent")
app.add_typer(key.app, name="key")
app.add_typer(audit.app, name="audit")
