"""What the classic recogniser writes in plain lies outside the home, and forgetting tells of it."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from mien.cli.terminal import Invocation
from mien.domain.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mien.settings import Settings
    from mien.store.outputs import OutputKind


def settings_outside(call: Invocation, config: Path | None, chosen: "Mapping[str, str]", out: Path) -> "Settings":
    """The settings in force; raises UsageError where ``out`` lies in the home, for all that is written is in plain."""
    from mien.store.home import Home

    settings = call.settings(config, chosen)
    Home(settings.home).check_outside(out)
    return settings


def note(settings: "Settings", kind: "OutputKind", out: Path) -> None:
    """See that forgetting tells of what is about to be written; without a home there is nobody to be forgotten."""
    from mien.wiring.stores import build_stores, has_people

    if has_people(settings):
        with ExitStack() as stack:
            build_stores(settings, stack).outputs.note(kind, out, SystemClock().now())
