"""`mien privacy`: what the deployment is for, and the record of what was done about people."""

import typer

from mien.cli.privacy import audit, purpose

app = typer.Typer(
    no_args_is_help=True,
    help="Answer for what is done with faces: what this deployment is for, and the log of what was done about people.",
)
app.command("purpose")(purpose.show_purpose)
app.add_typer(audit.app, name="audit")
