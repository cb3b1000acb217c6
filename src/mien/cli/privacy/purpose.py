"""`mien privacy purpose`: what the deployment is for, what says so, and what follows."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from mien.cli.terminal import ConfigOption, JsonOption, invocation, print_json, print_text
from mien.domain.clock import SystemClock

if TYPE_CHECKING:
    from mien.privacy.retention import RetentionSettings


def show_purpose(context: typer.Context, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Print what this deployment is for, what says so, and what follows from it.

    It is declared in the settings: privacy.purpose, and for a workplace or a school privacy.basis and
    privacy.reference, without which no expression is read there.

    Example: `mien privacy purpose`
    """
    from mien.privacy.purpose import MEANINGS, Purpose
    from mien.settings.origins import said_by
    from mien.wiring.privacy import audit_entries

    call = invocation(context)
    settings = call.settings(config, checks_models=False)
    privacy, purpose = settings.privacy, Purpose.of(settings.privacy)
    said = {key: said_by(("privacy", key), config or call.config) for key in ("purpose", "basis", "reference")}
    entries = audit_entries(settings, SystemClock())
    declared = next((one for one in reversed(entries) if one.action == "purpose.declared"), None)
    if json:
        fields = {
            "purpose": purpose.name,
            "meaning": MEANINGS[purpose.name],
            "basis": purpose.basis,
            "reference": purpose.reference,
            "said_by": said,
            "on_record": {"number": declared.number, "at": declared.at, **declared.facts} if declared else None,
            "expressions": purpose.allows_expressions,
            "why_not": purpose.why_not,
            "blur_strangers": privacy.blur_strangers,
            "retention": asdict(privacy.retention),
            "purposes": dict(MEANINGS),
        }
        print_json(fields)
        return
    print_text(f"{purpose.name}: {MEANINGS[purpose.name]} ({said['purpose'] or 'the default'})")
    if purpose.basis or purpose.reference:
        print_text(f"on the basis of {purpose.basis or 'nothing'}: {purpose.reference or 'nowhere written down'}")
    print_text(purpose.why_not or "expressions are read")
    print_text("strangers are blurred" if privacy.blur_strangers else "strangers are shown as they are")
    print_text(_kept(privacy.retention))


def _kept(retention: "RetentionSettings") -> str:
    parts = []
    for key, value in asdict(retention).items():
        what, _, unit = key.rpartition("_")
        parts.append(f"{what.replace('_', ' ')} {value:g} {'hours' if unit == 'h' else unit}")
    return f"kept at most: {', '.join(parts)}"
