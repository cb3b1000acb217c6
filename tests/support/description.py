"""The description of the whole service, and the types that the app makes of it: run as a module, it writes them."""

import json
import shutil
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.support.whole import whole_service

from mien.domain.clock import SystemClock
from mien.settings import Settings
from mien.wiring.stores import build_stores

WEB = Path(__file__).parents[2] / "web"
TYPES = WEB / "src" / "shared" / "api" / "schema.ts"
_GENERATOR = WEB / "node_modules" / "openapi-typescript" / "bin" / "cli.js"
HAS_GENERATOR = _GENERATOR.is_file() and shutil.which("node") is not None
"""Whether types can be made here, which takes Node and the packages of the app."""


def description() -> dict[str, Any]:
    """What `/openapi.json` of the service says, over a home that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        settings = Settings.model_validate({"home": f"{folder}/home", "encryption": {"key": "memory"}})
        return whole_service(settings, build_stores(settings, stack), SystemClock()).app.openapi()


def types_of(described: dict[str, Any]) -> str:
    """The types of a description, as the app keeps them."""
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "openapi.json", Path(folder) / "schema.ts"
        given.write_text(json.dumps(described), encoding="utf-8")
        command = ["node", str(_GENERATOR), str(given), "--default-non-nullable", "false", "--output", str(made)]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        return made.read_text(encoding="utf-8")


if __name__ == "__main__":
    TYPES.write_text(types_of(description()), encoding="utf-8")
