"""Which screens the app has, as its router lists them, and where each is found in a service that runs."""

import re
from collections.abc import Mapping
from pathlib import Path
from time import monotonic, sleep

from playwright.sync_api import Page

WEB = Path(__file__).resolve().parents[2] / "web"
_ROUTE = re.compile(r'^\s*at\("([^"]+)"', re.MULTILINE)
_VARIABLE = re.compile(r"\$\w+")


def routes() -> list[str]:
    """The addresses of all screens, as the router has them: ``/people/$personId``."""
    return _ROUTE.findall((WEB / "src" / "app" / "router.tsx").read_text(encoding="utf-8"))


def addresses(examples: Mapping[str, str]) -> dict[str, str]:
    """An address by route: that of ``examples``, which have to know one of each that has a variable part."""
    return {route: examples[route] if _VARIABLE.search(route) else examples.get(route, route) for route in routes()}


def demo_examples(page: Page, within_s: float = 60.0) -> dict[str, str]:
    """Examples from a demo whose cameras run, once its stranger waits in review; ``page`` is logged in there."""
    deadline_s = monotonic() + within_s
    while not _told(page, "review")["items"]:
        assert monotonic() < deadline_s, "no stranger came"
        sleep(0.25)
    person = _told(page, "people?kind=enrolled")["items"][0]["person_id"]
    camera = _told(page, "cameras")["items"][0]["name"]
    return {
        "/people/$personId": f"/people/{person}",
        "/cameras/$name": f"/cameras/{camera}",
        "/models/$name": "/models/mobilefacenet",
        "/timelines": f"/timelines?person={person}",
    }


def _told(page: Page, path: str) -> dict:
    origin = "/".join(page.url.split("/")[:3])
    return page.request.get(f"{origin}/api/v1/{path}").json()
