"""The route that tells which faces are on pictures; nothing of them is kept."""

from typing import Annotated, Protocol

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import Form, Request

from mien.domain.errors import SourceError
from mien.domain.readings import FrameReading
from mien.service.analyze.schemas import Analyzed, AnalyzedPicture, PicturesAsked
from mien.service.area import Area, area
from mien.service.turns import Turns
from mien.service.uploads import admitting, sent_picture, too_large
from mien.sources.images import SentPicture
from mien.telemetry.wording import spoken

MOST_REQUESTS, MOST_OWN = 4, 2
"""At once, of everybody and of one account: each holds its pictures in memory."""
_AT_ONCE = 2  # pictures, however many cores there are: a large one takes gigabytes


class PictureReader(Protocol):
    """Reads single pictures as questions, which leave no trace. Safe for several threads."""

    def read(self, picture: SentPicture) -> FrameReading:
        """The faces of a picture, whose bytes may be anything; raises SourceError, ModelError, StoreError."""
        ...


def build(reader: PictureReader, cores: int) -> Area:
    """The route over what reads pictures: it leaves half of the ``cores`` to cameras."""
    router = area("analyze")
    router.route_class = admitting(Turns(MOST_REQUESTS, MOST_OWN).taken)
    limiters: list[CapacityLimiter] = []

    @router.post("/analyze")
    async def analyze(
        asked: Annotated[PicturesAsked, Form(media_type="multipart/form-data")], request: Request
    ) -> Analyzed:
        """Every face of each picture; one that cannot be read has a `problem`, and the others are answered."""
        if not limiters:
            limiters.append(CapacityLimiter(max(1, min(_AT_ONCE, cores // 2))))  # needs the loop that runs
        items: list[AnalyzedPicture] = []
        for place, file in enumerate(asked.pictures, 1):
            if await request.is_disconnected():
                break  # nobody hears the answer
            picture = sent_picture(file, place)
            await file.close()
            items.append(await run_sync(_analyzed, reader, picture, limiter=limiters[0]))
        return Analyzed(items=items)

    return router


def _analyzed(reader: PictureReader, picture: SentPicture) -> AnalyzedPicture:
    problem = too_large(picture.content)
    if not problem:
        try:
            found = reader.read(picture)
        except SourceError as error:
            problem = spoken(str(error).removeprefix(f"{picture} "))
        else:
            return AnalyzedPicture(
                name=picture.name, width=found.width, height=found.height, faces=list(found.faces), problem=""
            )
    return AnalyzedPicture(name=picture.name, width=0, height=0, faces=[], problem=problem)
