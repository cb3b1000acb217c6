"""Routes that tell how somebody's expressions went over time."""

from typing import Annotated

from fastapi import Query, Response

from mien.results.timelines.table import timeline_fields, timeline_table
from mien.results.timelines.timelines import Timelines, TimelineSearch
from mien.service.area import Area, area
from mien.service.timelines.schemas import Asked, TimelinesTold


def build(search: TimelineSearch) -> Area:
    """The routes over what looks timelines up."""
    router = area("timelines")

    def found(asked: Asked) -> Timelines:
        return search.find(asked.person, asked.span, asked.begin, asked.end)

    @router.get("/timelines")
    def timelines(asked: Annotated[Asked, Query()]) -> TimelinesTold:
        return TimelinesTold.model_validate(timeline_fields(found(asked)))

    @router.get(
        "/timelines/export",
        response_class=Response,
        responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    )
    def export(asked: Annotated[Asked, Query()]) -> Response:
        headers = {"content-disposition": 'attachment; filename="timelines.csv"'}
        return Response(timeline_table(found(asked)), media_type="text/csv", headers=headers)

    return router
