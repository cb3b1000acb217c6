"""Pictures that are sent: how large a request may be, and where its files are, which is in memory and nowhere else."""

from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from http import HTTPStatus
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from fastapi import HTTPException, Request, Response, UploadFile
from fastapi.routing import APIRoute
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser

from mien.sources.images import SentPicture
from mien.telemetry.text import writable

MOST_BYTES = 64 << 20
"""Of a request with pictures."""
MOST_PICTURES = 50
_MOST_FIELDS, _MOST_FIELD_BYTES, _LONGEST_NAME = 50, 64 << 10, 200


class UploadRoute(APIRoute):
    """A route that takes pictures: 413 where they are too many or too large, before all of them are read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of requests, which reads their bodies within the limits."""
        handle = super().get_route_handler()

        async def limited(request: Request) -> Response:
            return await handle(_Upload(request.scope, request.receive))

        return limited


def sent_pictures(files: Sequence[UploadFile]) -> list[SentPicture]:
    """The files of a form, each under the last part of its name."""
    return [SentPicture(_named(one.filename or "", place), one.file.read()) for place, one in enumerate(files, 1)]


class _Upload(Request):
    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The body; raises HTTPException as soon as it is known to be too large."""
        told = self.headers.get("content-length", "0")
        _check_size(int(told) if told.isdecimal() and len(told) < 20 else 0)
        size = 0
        async for chunk in super().stream():
            _check_size(size := size + len(chunk))
            yield chunk

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
    spool_max_size = MOST_BYTES  # larger files would lie on the disk in plain


def _check_size(size: int) -> None:
    if size > MOST_BYTES:
        told = f"a request may have {MOST_BYTES >> 20} MB: send fewer pictures at once"
        raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, told)


def _plain(message: str) -> str:
    if "many files" in message:
        return f"at most {MOST_PICTURES} pictures are taken at once"
    return "the form that was sent is broken"


def _named(filename: str, place: int) -> str:
    """The last part of a name, fit to be kept and told; what has none is told by its place."""
    last = PurePosixPath(PureWindowsPath(filename).name).name
    return writable(last)[-_LONGEST_NAME:] or f"picture {place}"
