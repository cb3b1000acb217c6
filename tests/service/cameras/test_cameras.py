"""Cameras by their names, whatever these are, and page by page."""

import asyncio
from urllib.parse import quote

import httpx2
import pytest
from tests.service.live.conftest import stage
from tests.settings.test_camera_names import ADDRESSABLE
from tests.support.service import ORIGIN, browser, refused

from mien.service.access.gate import COOKIE

__all__ = ["stage"]


def got(app, path: str) -> httpx2.Response:
    """What a viewer is answered. The client of other tests decodes addresses twice, which no server does."""

    async def get() -> httpx2.Response:
        shown = {"cookie": f"{COOKIE}=viewer"}
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=ORIGIN, headers=shown) as client:
            return await client.get(path)

    return asyncio.run(get())


def address(name: str, more: str = "") -> str:
    """As browsers write it: `encodeURIComponent`."""
    return f"/api/v1/cameras/{quote(name, safe='-_.!~*()')}{more}"


@pytest.mark.parametrize("name", ADDRESSABLE)
def test_a_camera_is_found_by_any_name_that_settings_allow(stage, name):
    stage.status(name)
    assert got(stage.app, address(name)).json()["name"] == name
    assert got(stage.app, address(name, "/preview")).json()["detail"] == "the camera shows nothing now"
    seen = stage.see(name)
    shown = got(stage.app, address(name, "/preview"))
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    assert shown.headers["x-frame-index"] == str(seen.index) and shown.content.startswith(b"\xff\xd8")
    assert got(stage.app, address(f"{name}/other")).status_code == 404


def test_names_that_begin_alike_are_told_apart(stage):
    stage.status("a", "a/b", "a/b/c")
    assert [got(stage.app, address(name)).json()["name"] for name in ("a", "a/b", "a/b/c")] == ["a", "a/b", "a/b/c"]
    for absent in ("", "a/", "b", "A", "a/b/c/d"):
        assert got(stage.app, address(absent)).status_code == 404, absent


def test_they_are_listed_page_by_page(stage):
    stage.status("yard", "a/b", "door")
    client = browser(stage.app, "viewer")
    first = client.get("/api/v1/cameras", params={"limit": 2}).json()
    assert ([one["name"] for one in first["items"]], first["next"]) == (["a/b", "door"], "door")
    second = client.get("/api/v1/cameras", params={"after": first["next"]}).json()
    assert ([one["name"] for one in second["items"]], second["next"]) == (["yard"], None)


def test_whoever_is_nobody_sees_none(stage):
    stage.status("a/b")
    for path in ("/cameras", "/cameras/a%2Fb", "/cameras/a/b/preview"):
        assert refused(stage.app, "GET", path, (None,)) == [401]
