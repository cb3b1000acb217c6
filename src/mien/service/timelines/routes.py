"""Routes that tell how somebody's expressions went over time."""

from typing import Annotated

from fastapi import Query
from fastapi.responses import StreamingResponse

from mien.results.history.exporting import HistoryExport
from mien.results.timelines.table import timeline_fields
from mien.results.timelines.timelines import TimelineSearch
from mien.service.area import Area, area
from mien.service.timelines.schemas import Asked, TimelinesTold


def build(search: TimelineSearch, export: HistoryExport) -> Area:
    """The routes over what looks timelines up, and over what hands them out."""
    router = area("timelines")

    @router.get("/timelines")
    def timelines(asked: Annotated[Asked, Query()]) -> TimelinesTold:
        found = search.find(asked.person, asked.span, asked.begin, asked.end)
        return TimelinesTold.model_validate(timeline_fields(found))

    @router.get(
        "/timelines/export",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    )
    def exported(asked: Annotated[Asked, Query()]) -> StreamingResponse:
        file = export.hand_over_timelines(asked.person, asked.span, asked.begin, asked.end)
        headers = {"content-disposition": f'attachment; filename="{file.name}"'}
        return StreamingResponse(file.pieces, media_type=file.media_type, headers=headers)

    return router
