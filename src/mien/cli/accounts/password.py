"""`mien accounts password`: a new password for whoever lost theirs, by whoever runs the machine."""

import sys
from typing import Annotated

import typer

from mien.cli.home import opened_home
from mien.cli.terminal import invocation, print_text
from mien.domain.clock import SystemClock
from mien.domain.errors import UsageError


def set_password(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the account.")],
) -> None:
    """Give an account another password, for somebody who lost theirs.

    It is asked for twice and not shown, or read from stdin where that is no terminal. The account is logged out
    everywhere, its API keys end, and so does a lock-out of it. mien serve may be running meanwhile.

    Examples: `mien accounts password Ada`, `mien accounts password Ada < password.txt`
    """
    from mien.wiring.serving.accounts import build_accounts

    call = invocation(context)
    with opened_home(call, call.settings(checks_models=False)) as stores:
        keeping = build_accounts(stores, SystemClock())
        account = keeping.named(name)
        keeping.give_password(account, _asked())
    print_text(f"{account.name} has a new password, is logged out everywhere, and its API keys are gone")
    if not account.is_enabled:
        call.notice(f"{account.name} may not log in: an admin lets them in again, under Accounts in the web app")


def _asked() -> str:
    """The password that is typed twice, or the first line of stdin; raises UsageError where that is none."""
    try:
        told = _typed() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
        told.encode()  # by some locales what is no text is read, too
    except UnicodeError as error:
        raise UsageError("the password is to be text in UTF-8") from error
    if not told:
        raise UsageError("the first line of stdin is to be the password, and it is empty")
    return told


def _typed() -> str:
    return str(typer.prompt("New password", hide_input=True, confirmation_prompt="The same again", err=True))
