"""`mien privacy audit`: what was done about people, and whether the log of it is what was written."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer

from mien.cli.terminal import (
    ConfigOption,
    JsonOption,
    invocation,
    print_json,
    print_table,
    print_text,
)
from mien.domain.clock import SystemClock

app = typer.Typer(no_args_is_help=True, help="The log of what was done about people: read it, and verify it.")


@app.command("show")
def show_audit(
    context: typer.Context,
    last: Annotated[int, typer.Option("--last", metavar="N", min=0, help="The last N entries only; 0: all.")] = 0,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Print what was done about people, the oldest first.

    People are named by their ids alone, which stay when a person is forgotten; moments are UTC. `uid:1000` is a user of
    the operating system.

    Example: `mien privacy audit show --last 20`
    """
    from mien.wiring.privacy import audit_entries

    settings = invocation(context).settings(config, checks_models=False)
    entries = audit_entries(settings, SystemClock(), last or None)
    if json:
        print_json({"entries": [{**entry.fields, "hash": entry.hash} for entry in entries]})
    elif entries:
        rows = (
            (str(one.number), one.at[:19], one.action, ", ".join(one.people), _told(one.facts), one.actor)
            for one in entries
        )
        print_table("", ("number.", "at", "action", "people", "facts", "by"), rows)
    else:
        print_text("nothing is on record yet")


@app.command("verify")
def verify_audit(context: typer.Context, config: ConfigOption = None, json: JsonOption = False) -> None:
    """See whether the log is what was written, line by line.

    A line that was changed, inserted, moved, taken out or cut off is found and told, and the exit code is 1. A line
    that a process died over is no fault once the next entry accounts for it.

    Example: `mien privacy audit verify`
    """
    from mien.wiring.privacy import verify_audit as verify

    call = invocation(context)
    verdict = verify(call.settings(config, checks_models=False), SystemClock())
    if json:
        print_json({"ok": verdict.is_whole, **asdict(verdict)})
    elif verdict.is_whole:
        torn = f", {verdict.torn} torn by a crash and accounted for" if verdict.torn else ""
        print_text(f"the audit log is what was written: {verdict.entries} entries{torn}")
    if not verdict.is_whole:
        call.failure(f"the audit log is broken: line {verdict.line} {verdict.reason}")
        raise typer.Exit(1)


def _told(facts: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {_value(value)}" for key, value in facts.items() if value not in ("", []))


def _value(value: Any) -> str:
    if isinstance(value, list):
        return " + ".join(map(str, value))
    text = str(value)
    return text if len(text) < 64 else f"{text[:8]}…"
