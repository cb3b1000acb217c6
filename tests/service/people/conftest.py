"""The routes about people over a real home."""

from collections.abc import Callable

import pytest
from tests.support.service import browser, service

from mien.service.people.desk import PeopleDesk
from mien.service.people.routes import build
from mien.wiring.serving.people import build_people_desk


@pytest.fixture
def desk(settings, stores, clock) -> PeopleDesk:
    """What the routes need, without models: nobody is enrolled by it."""
    return build_people_desk(settings, stores, None, clock)


@pytest.fixture
def api(desk) -> Callable:
    """Asks for something below the path of the API, as somebody of a role; the answer."""
    app = service(build(desk))

    def ask(method: str, path: str, role: str = "operator", **more):
        return browser(app, role).request(method, f"/api/v1{path}", **more)

    return ask
