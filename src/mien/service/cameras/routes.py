"""Routes of cameras."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import HTTPException, Query, Response

from mien.engine.serving.hub import Hub
from mien.engine.serving.news import NamedStatus
from mien.engine.serving.previews import Previews
from mien.service.area import Area, area
from mien.service.cameras.schemas import Camera, Cameras

_PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {}}, "description": "What the camera shows now"}
}


def build(hub: Hub, previews: Previews) -> Area:
    """The routes over what the engine tells."""
    router = area("cameras")

    def known() -> Mapping[str, NamedStatus]:
        return {name: news.value for name, news in sorted(hub.board.statuses.items())}

    def found(name: str) -> NamedStatus:
        status = known().get(name)
        if status is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "there is no camera of that name")
        return status

    @router.get("/cameras")
    def cameras(limit: Annotated[int, Query(ge=1, le=200)] = 50, after: str = "") -> Cameras:
        behind = [one for name, one in known().items() if name > after]
        is_more = len(behind) > limit
        return Cameras(
            items=[Camera.of(one) for one in behind[:limit]], next=behind[limit - 1].status.name if is_more else None
        )

    # A name may hold slashes. The first route that fits answers, so the one that says more comes first.
    @router.get("/cameras/{name:path}/preview", response_class=Response, responses=_PICTURE)
    def preview(name: str) -> Response:
        found(name)
        shown = previews.picture(name)
        if shown is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "the camera shows nothing now")
        told = {"x-frame-index": str(shown.index), "x-frame-time-s": f"{shown.time_s:.3f}"}
        return Response(shown.jpeg, media_type="image/jpeg", headers=told)

    @router.get("/cameras/{name:path}")
    def camera(name: str) -> Camera:
        return Camera.of(found(name))

    return router
