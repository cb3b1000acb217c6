"""`mien accounts`: who logs in to the web app, and another password for whoever lost theirs."""

import typer

from mien.cli.accounts import listing, password

app = typer.Typer(no_args_is_help=True, help="Accounts of the web app: see who logs in, and give a new password.")
app.command("list")(listing.list_accounts)
app.command("password")(password.set_password)
