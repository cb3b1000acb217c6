"""Routes of settings: what is in force, what is to be, and beginning anew with it."""

from http import HTTPStatus
from typing import Any

from fastapi import Response

from mien.service.area import Area, area
from mien.service.configuration.desk import SettingsDesk, Settled
from mien.service.configuration.schemas import Restarting, SettingChanges, SettingsTold
from mien.service.problems import MEDIA_TYPE
from mien.service.revisions import IfMatch, check_revision

_FAULTS: dict[int | str, dict[str, Any]] = {
    409: {"description": "Something that is not to be changed from here, and why", "content": {MEDIA_TYPE: {}}},
    412: {"description": "Somebody else changed the settings meanwhile", "content": {MEDIA_TYPE: {}}},
    422: {"description": "Everything that is wrong, by key, in `faults`", "content": {MEDIA_TYPE: {}}},
}


def build(desk: SettingsDesk) -> Area:
    """The routes over the settings of the service."""
    router = area("settings")

    def told(settled: Settled, response: Response) -> SettingsTold:
        response.headers["etag"] = _etag(settled.revision)
        return SettingsTold.of(settled)

    @router.get("/settings")
    def settings(response: Response) -> SettingsTold:
        """Every setting: what it says, what is in force, and where it comes from."""
        return told(desk.settled(), response)

    @router.patch("/settings", responses=_FAULTS)
    def change(changes: SettingChanges, response: Response, match: IfMatch = None) -> SettingsTold:
        """Change settings in their file, all of them or none; they take effect when the service begins anew."""
        after = desk.change(changes, lambda revision: check_revision(match, _etag(revision), "the settings file"))
        return told(after, response)

    @router.get("/settings/schema")
    def schema() -> dict[str, Any]:
        """What each setting may be, as a JSON schema over the tree of their keys."""
        return dict(desk.schema())

    @router.post("/system/restart", status_code=HTTPStatus.ACCEPTED, responses={409: _FAULTS[409], 422: _FAULTS[422]})
    def restart() -> Restarting:
        """Have the service begin anew with the settings that are written; whoever is logged in stays so."""
        return Restarting(begun=desk.restart())

    return router


def _etag(revision: str) -> str:
    return f'"{revision}"'
