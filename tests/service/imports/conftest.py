"""Folders of people with real faces, and the area over the models that enrol them."""

from collections.abc import Sequence
from time import monotonic, sleep

import cv2
import pytest
from fastapi.testclient import TestClient
from tests.support.service import browser, service

from mien.domain.clock import SystemClock
from mien.service.area import Area
from mien.sources.opening import open_video_file
from mien.wiring.serving.imports import build_imports
from mien.wiring.serving.people import build_people_desk

Files = Sequence[tuple[str, bytes]]


@pytest.fixture(scope="module")
def ben(catalog, weights) -> list[bytes]:
    """Pictures of a man, from a video of him."""
    frames = [*open_video_file(str(weights.path(catalog.card("carphone"))), SystemClock()).frames()]
    large = [cv2.resize(one.pixels.bgr(), None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC) for one in frames[::30]]
    return [cv2.imencode(".jpg", one, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes() for one in large]


@pytest.fixture
def area(settings, stores, clock, tasks) -> Area:
    return build_imports(build_people_desk(settings, stores, lambda: tasks, clock), stores, clock)


class Importer:
    """A browser that imports folders, and waits for what comes of them."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def begin(self, total: int, query: str = "", **asked):
        return self.client.post(f"/api/v1/imports{query}", json={"total": total, **asked})

    def send(self, import_id: str, files: Files, at: int | None = None):
        query = "" if at is None else f"?at={at}"
        form = [("pictures", (name, content, "image/jpeg")) for name, content in files]
        return self.client.post(f"/api/v1/imports/{import_id}/pictures{query}", files=form)

    def end(self, import_id: str):
        return self.client.post(f"/api/v1/imports/{import_id}/end")

    def cancel(self, import_id: str):
        return self.client.delete(f"/api/v1/imports/{import_id}")

    def told(self, import_id: str) -> dict:
        answer = self.client.get(f"/api/v1/imports/{import_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def over(self, import_id: str) -> dict:
        """How it ended."""
        until(lambda: self.told(import_id)["state"] not in ("waiting", "running"))
        return self.told(import_id)

    def whole(self, *files: tuple[str, bytes], query: str = "", **asked) -> dict:
        """Import a folder in parts of three; what came of it."""
        begun = self.begin(len(files), query, **asked)
        assert begun.status_code == 201, begun.text
        import_id = begun.json()["import_id"]
        for at in range(0, len(files), 3):
            answer = self.send(import_id, files[at : at + 3], at)
            assert answer.status_code == 200, answer.text
        assert self.end(import_id).status_code == 200
        return self.over(import_id)


def until(is_so) -> None:
    """Wait for what is done in another thread."""
    deadline_s = monotonic() + 20
    while not is_so():
        assert monotonic() < deadline_s
        sleep(0.005)


@pytest.fixture
def app(area):
    return service(area)


@pytest.fixture
def importer(app):
    with browser(app, "operator") as client:
        yield Importer(client)
