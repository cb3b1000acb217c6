"""A wheel takes the built web app along: without it none is made, unless that is what is wanted."""

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WITHOUT = "MIEN_WITHOUT_WEB_APP"


class WebAppHook(BuildHookInterface):
    """Refuses to build a wheel that would serve no pages; one that is editable gets them from the working tree."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  the hook's signature
        """Raise SystemExit where the app is not built."""
        page = Path(self.root) / "src" / "mien" / "service" / "web" / "index.html"
        if version != "editable" and not page.is_file() and not os.environ.get(WITHOUT):
            raise SystemExit(f"the web app is not built: make app does it, with Node. Or set {WITHOUT}=1 to do without")
