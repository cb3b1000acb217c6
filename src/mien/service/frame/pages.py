"""The built web app: its files, and its one page for every address that is no file."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_BUILT = Path(__file__).parents[1] / "web"
_FOREVER = "public, max-age=31536000, immutable"  # what it is called changes with what is in it


class _Assets(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        answer.headers["cache-control"] = _FOREVER
        return answer


def built_pages() -> Path | None:
    """The folder of the built web app, where it was built."""
    return _BUILT if (_BUILT / "index.html").is_file() else None


def add_pages(app: FastAPI, folder: Path) -> None:
    """Serve the app's files; what is neither one nor of the API is the page itself, which knows what to show."""
    app.mount("/assets", GZipMiddleware(_Assets(directory=folder / "assets")), name="assets")

    @app.get("/{path:path}", include_in_schema=False)
    async def page(path: str) -> FileResponse:
        if path.startswith("api/"):
            raise HTTPException(404)
        return FileResponse(_file(folder, path) or folder / "index.html", headers={"cache-control": "no-cache"})


def _file(folder: Path, path: str) -> Path | None:
    """What lies in a folder under a path, if anything does."""
    try:
        asked = (folder / path).resolve()
        return asked if asked.is_file() and asked.is_relative_to(folder.resolve()) else None
    except (OSError, ValueError):  # too long, or with a null byte: the name of no file
        return None
