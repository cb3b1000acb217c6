"""Routes by which a folder of people is taken in: begun, sent in parts, and ended."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, FastAPI, Form, Path, Query, Request, UploadFile
from fastapi.concurrency import run_in_threadpool

from mien.domain.clock import Clock
from mien.domain.errors import GalleryError
from mien.service.access.gate import Caller, caller
from mien.service.area import Area, area
from mien.service.imports.book import ImportBook, Part
from mien.service.imports.folder import PersonsPicture, persons_picture, told_path
from mien.service.imports.job import Job
from mien.service.imports.schemas import ImportAsked, ImportJob, PartSent, ToldPicture
from mien.service.people.changing import DryRun
from mien.service.people.desk import Consenting, Enrolling
from mien.service.repeats import Repeats, Sent, digest_of_asked
from mien.service.uploads import admitting
from mien.telemetry.wording import spoken

Who = Annotated[Caller, Depends(caller)]
ImportId = Annotated[str, Path(max_length=100)]
At = Annotated[
    int | None,
    Query(ge=0, lt=1 << 53, description="How many pictures were sent before: a part that is there is not taken twice."),
]


@dataclass(frozen=True, slots=True)
class ImportDesk:
    """What the routes need: what takes people in, what reads consent, and all imports that are going on."""

    enrolling: Enrolling
    consenting: Consenting
    book: ImportBook
    clock: Clock


def build(desk: ImportDesk) -> Area:
    """The routes; imports that are going on end with the application."""
    router, repeats = area("imports"), Repeats(desk.clock)
    _end_with_application(router, desk.book)
    _take_parts(router, desk.book)

    @router.post("/imports", status_code=HTTPStatus.CREATED)
    def begin(asked: ImportAsked, who: Who, sent: Sent, dry_run: DryRun = False) -> ImportJob:
        """Begin an import: its pictures are sent after."""
        terms = desk.consenting.terms(asked.consent, is_overruled=asked.overrule)

        def made() -> Job:
            taking = desk.enrolling.begin(terms, is_rehearsal=dry_run)
            return Job(who.account, asked.total, taking, is_dry_run=dry_run, is_declared=not terms.is_given)

        def begun() -> ImportJob:
            return desk.book.begin(who.account, asked.total, made)

        return repeats.once(sent.account_id, sent.key, digest_of_asked(f"import {dry_run}", asked), begun)

    @router.get("/imports/{import_id}")
    def show(import_id: ImportId, who: Who) -> ImportJob:
        """How far an import is."""
        return desk.book.told(import_id, who.account)

    @router.post("/imports/{import_id}/end")
    def end(import_id: ImportId, who: Who) -> ImportJob:
        """Say that all pictures were sent."""
        return desk.book.end(import_id, who.account)

    @router.delete("/imports/{import_id}")
    def cancel(import_id: ImportId, who: Who) -> ImportJob:
        """Look at nothing more; what was taken in stays."""
        return desk.book.cancel(import_id, who.account)

    return router


def _take_parts(router: Area, book: ImportBook) -> None:
    @asynccontextmanager
    async def admit(request: Request) -> AsyncIterator[None]:
        with book.receiving(request.path_params["import_id"], caller(request).account):
            yield

    own = area("imports")
    own.route_class = admitting(admit)

    @own.post("/imports/{import_id}/pictures")
    def take(
        import_id: ImportId,
        asked: Annotated[PartSent, Form(media_type="multipart/form-data")],
        who: Who,
        at: At = None,
    ) -> ImportJob:
        """Send some pictures: 429 while too many of those before wait to be looked at, which are to be sent again."""
        return book.put(import_id, who.account, _part(at, asked.pictures))

    router.routes.extend(own.routes)


def _part(at: int | None, files: Sequence[UploadFile]) -> Part:
    pictures: list[PersonsPicture] = []
    refused: list[ToldPicture] = []
    for place, file in enumerate(files, 1 + (at or 0)):
        filename, content = file.filename or "", file.file.read()
        file.file.close()  # it is held once
        try:
            pictures.append(persons_picture(filename, content, place))
        except GalleryError as error:
            refused.append(ToldPicture(name=told_path(filename, place), reason=spoken(str(error))))
    return Part(at, pictures, refused)


def _end_with_application(router: Area, book: ImportBook) -> None:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await run_in_threadpool(book.close)

    router.lifespan_context = lifespan
