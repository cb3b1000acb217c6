"""Routes that hand out what is kept of a range of time."""

from typing import Annotated, Any

from fastapi import Query
from fastapi.responses import JSONResponse, Response, StreamingResponse

from mien.results.history.exporting import FORMATS, MEDIA_TYPES, HistoryExport, What
from mien.service.area import Area, area
from mien.service.exports.schemas import ExportAsked, ExportForeseen

_FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            kind.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA_TYPES.values()
        },
        "model": ExportForeseen,
        "description": "A file, to be kept outside of mien; as JSON what it would be called, where that is asked for.",
    }
}


def build(export: HistoryExport) -> Area:
    """The routes over what writes a history out."""
    router = area("exports")

    @router.get("/exports/{what}", response_class=StreamingResponse, responses=_FILES)
    def exported(what: What, asked: Annotated[ExportAsked, Query()]) -> Response:
        form = asked.form or FORMATS[what][0]
        if asked.dry_run:
            foreseen = ExportForeseen(name=export.foresee(what, form, asked.asked()))
            return JSONResponse(foreseen.model_dump())
        file = export.hand_over(what, form, asked.asked())
        headers = {"content-disposition": f'attachment; filename="{file.name}"'}
        return StreamingResponse(file.pieces, media_type=file.media_type, headers=headers)

    return router
