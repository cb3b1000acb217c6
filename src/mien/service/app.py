"""The application: all areas behind one gate, and their description."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.middleware.cors import CORSMiddleware

from mien.service.access.gate import Credentials, Gate
from mien.service.access.rates import Rates
from mien.service.access.table import ACCESS, API
from mien.service.area import Area
from mien.service.frame.bounds import BodyLimit
from mien.service.frame.finishing import count_changes
from mien.service.frame.headers import ACROSS, SecureHeaders
from mien.service.frame.heads import Heads
from mien.service.problems import Problem, tell_problems
from mien.service.settings import ServiceSettings

Application = FastAPI
"""What is served, by a name that rooms may say which know nothing of the library."""
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def nothing_beside(_: FastAPI) -> AsyncIterator[None]:
    """A lifespan in which nothing but the service runs."""
    yield


def create_app(
    routers: Sequence[Area],
    credentials: Credentials,
    version: str,
    *,
    settings: ServiceSettings | None = None,
    is_whole: bool = True,
    lifespan: Lifespan = nothing_beside,
) -> FastAPI:
    """The routers of areas as one application.

    Raises AssertionError where a route has no rule of access or, of the whole service, a rule has no route.
    """
    settings = settings or ServiceSettings()
    app = FastAPI(
        title="mien",
        version=version,
        description="Faces in cameras, videos and pictures: who they are, and which expression they appear to show.",
        docs_url=None,
        redoc_url=None,
        lifespan=_beside_areas(lifespan, routers),
    )
    for router in routers:  # taken over as they are, so that the gate sees the routes and not only the routers
        app.router.routes.extend(router.routes)
    told = [one for router in routers if isinstance(router, Area) for one in router.messages]
    describe_messages(app, [Problem, *told])
    check_rules(app, is_whole=is_whole)
    tell_problems(app)
    app.add_middleware(BodyLimit, upload_mb=settings.upload_mb)
    count_changes(app)
    app.add_middleware(Gate, router=app.router, credentials=credentials, rates=Rates(settings))
    app.add_middleware(Heads)
    if settings.allowed_origins:
        app.add_middleware(CORSMiddleware, allow_origins=settings.allowed_origins, **ACROSS)
    app.add_middleware(SecureHeaders)
    return app


def _beside_areas(lifespan: Lifespan, routers: Sequence[Area]) -> Lifespan:
    """A lifespan within which those of areas begin and end, too."""

    @asynccontextmanager
    async def together(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(lifespan(app))
            for router in routers:
                await stack.enter_async_context(router.lifespan_context(app))
            yield

    return together


def check_rules(app: FastAPI, *, is_whole: bool = True) -> None:
    """Raise AssertionError where the table of access and the routes do not say the same."""
    found = {
        (method, path.removeprefix(API))
        for route in app.routes
        if (path := getattr(route, "path", "")).startswith(f"{API}/")
        for method in (getattr(route, "methods", None) or {"WS"}) - {"HEAD"}
    }
    missing, idle = found - ACCESS.keys(), ACCESS.keys() - found
    assert not missing, f"no rule says who may use {sorted(missing)}"
    assert not (is_whole and idle), f"rules of access for no route: {sorted(idle)}"


def describe_messages(app: FastAPI, messages: Sequence[type[BaseModel]]) -> None:
    """Have the description of an application hold messages, such as those of sockets, that no route names by itself."""
    of_routes = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            told = of_routes()
            _, definitions = models_json_schema(
                [(one, "serialization") for one in messages], ref_template="#/components/schemas/{model}"
            )
            told.setdefault("components", {}).setdefault("schemas", {}).update(definitions.get("$defs", {}))
            app.openapi_schema = told
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]
