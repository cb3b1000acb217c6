"""Pictures that are sent: how many there may be, and where their files are, which is in memory and nowhere else."""

import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from http import HTTPStatus
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from fastapi import HTTPException, Request, Response, UploadFile
from fastapi.routing import APIRoute
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser

from mien.service.frame.bounds import lift
from mien.sources.images import SentPicture
from mien.telemetry.text import writable

MOST_PICTURES = 50
LARGEST = 20 << 20
"""Bytes of one picture."""
_MOST_FIELDS, _MOST_FIELD_BYTES, _LONGEST_NAME = 50, 64 << 10, 200


Admit = Callable[[Request], AbstractAsyncContextManager[None]]
"""Lets a request in before its body is read, or raises HTTPException; left when it is answered."""


class UploadRoute(APIRoute):
    """A route that takes pictures of those who are let in: 422 where they are too many, before all of them are read."""

    admit: Admit

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of requests, which reads their bodies within the limits."""
        handle = super().get_route_handler()

        async def limited(request: Request) -> Response:
            async with self.admit(request):
                lift(request.scope)
                return await handle(_Upload(request.scope, request.receive))

        return limited


def admitting(admit: Admit) -> type[UploadRoute]:
    """Routes that take pictures of those who are let in: what waits elsewhere does not wait in memory."""
    return type("AdmittingRoute", (UploadRoute,), {"admit": staticmethod(admit)})


def sent_pictures(files: Sequence[UploadFile]) -> list[SentPicture]:
    """The files of a form, each under the last part of its name."""
    return [sent_picture(one, place) for place, one in enumerate(files, 1)]


def sent_picture(file: UploadFile, place: int) -> SentPicture:
    """The file at a place of a form, counted from 1, under the last part of its name."""
    return SentPicture(_named(file.filename or "", place), file.file.read())


def too_large(content: bytes) -> str:
    """Why a picture is too large to be looked at, or empty."""
    if len(content) <= LARGEST:
        return ""
    return f"is too large: it has {len(content) / 1e6:.0f} MB, at most {LARGEST >> 20} are allowed"


class _Upload(Request):
    async def _get_form(self, **_: Any) -> FormData:  # the limits are those of this module, whoever asks for a form
        if self._form is None and self.headers.get("content-type", "").lower().startswith("multipart/form-data"):
            parser = _MemoryParser(
                self.headers,
                self.stream(),
                max_files=MOST_PICTURES,
                max_fields=_MOST_FIELDS,
                max_part_size=_MOST_FIELD_BYTES,
            )
            try:
                self._form = await parser.parse()
            except MultiPartException as error:
                raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, _plain(error.message)) from error
        return self._form if self._form is not None else FormData()


class _MemoryParser(MultiPartParser):
    spool_max_size = sys.maxsize  # larger files would lie on the disk in plain; a whole request is bounded elsewhere


def _plain(message: str) -> str:
    if "many files" in message:
        return f"at most {MOST_PICTURES} pictures are taken at once"
    return "the form that was sent is broken"


def _named(filename: str, place: int) -> str:
    """The last part of a name, fit to be kept and told; what has none is told by its place."""
    last = PurePosixPath(PureWindowsPath(filename).name).name
    return writable(last)[-_LONGEST_NAME:] or f"picture {place}"
