"""`mien accounts list`: who logs in to the web app."""

from typing import TYPE_CHECKING, Any

import typer

from mien.cli.home import opened_home
from mien.cli.terminal import JsonOption, invocation, print_json, print_table, print_text
from mien.domain.clock import SystemClock

if TYPE_CHECKING:
    from mien.domain.accounts import Account


def list_accounts(context: typer.Context, json: JsonOption = False) -> None:
    """List who logs in to the web app, with which role and by what.

    Example: `mien accounts list`
    """
    from mien.wiring.serving.accounts import build_accounts

    call = invocation(context)
    with opened_home(call, call.settings(checks_models=False)) as stores:
        found = build_accounts(stores, SystemClock()).accounts()
    if json:
        print_json({"accounts": [_fields(one) for one in found]})
    elif found:
        columns = ("account.", "name", "role", "gets in by", "since")
        print_table("", columns, map(_cells, found), ("since",))
    else:
        print_text("nobody has an account yet: mien serve shows the token that makes the first one")


def _fields(one: "Account") -> dict[str, Any]:
    return {
        "account_id": one.account_id,
        "name": one.name,
        "role": one.role,
        "person_id": one.person_id,
        "is_enabled": one.is_enabled,
        "has_password": one.has_password,
        "allows_face": one.allows_face,
        "created_at": one.created_at.isoformat(),
    }


def _cells(one: "Account") -> tuple[str, ...]:
    ways = " or ".join(way for way, has in (("password", one.has_password), ("face", one.allows_face)) if has)
    how = (ways or "nothing yet") if one.is_enabled else "locked"
    return (str(one.account_id), one.name, one.role, how, f"{one.created_at.astimezone():%Y-%m-%d}")
