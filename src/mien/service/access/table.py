"""Which role and which scope of a key each route asks for: one table, in which every route stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mien.domain.accounts import KeyScope, Role

API = "/api/v1"
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "WS"]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a route asks for: a role at least, and of a program a key with a scope; without a scope no key gets in.

    Without a role it is open to everybody.
    """

    role: Role | None
    scope: KeyScope | None = None


OPEN = Rule(None)
LOOK = Rule("viewer", "read")
ORDER = Rule("operator", "people")
SHOW = Rule("viewer", "analyze")
ANALYZE = Rule("operator", "analyze")
ANSWER = Rule("operator", "privacy")
SETTLE = Rule("admin", "settings")
OWN = Rule("viewer")
RULE = Rule("admin")

ACCESS: Mapping[tuple[Method, str], Rule] = {
    # health
    ("GET", "/health"): OPEN,
    ("GET", "/ready"): OPEN,
    ("GET", "/version"): OPEN,
    ("GET", "/system"): LOOK,
    # sessions
    ("GET", "/setup"): OPEN,
    ("POST", "/setup"): OPEN,
    ("GET", "/session"): OWN,
    ("POST", "/session"): OPEN,
    ("DELETE", "/session"): OWN,
    # faces
    ("WS", "/session/face"): OPEN,
    ("POST", "/session/face"): OPEN,
    ("GET", "/signup"): OPEN,
    ("POST", "/signup"): OPEN,
    ("WS", "/signup/camera"): OPEN,
    ("POST", "/invitations"): RULE,
    # accounts
    ("GET", "/accounts"): RULE,
    ("POST", "/accounts"): RULE,
    ("PATCH", "/accounts/{account_id}"): RULE,
    ("DELETE", "/accounts/{account_id}"): RULE,
    ("POST", "/account/password"): OWN,
    ("GET", "/keys"): OWN,
    ("POST", "/keys"): OWN,
    ("DELETE", "/keys/{key_id}"): OWN,
    # cameras and live
    ("GET", "/cameras"): LOOK,
    ("GET", "/cameras/{name:path}"): LOOK,
    ("GET", "/cameras/{name:path}/preview"): LOOK,
    ("WS", "/live"): LOOK,
    ("WS", "/browser"): SHOW,
    ("WS", "/browser/kept"): ANALYZE,
    # events
    ("GET", "/events"): LOOK,
    # people
    ("GET", "/people"): LOOK,
    ("POST", "/people"): ORDER,
    ("WS", "/people/camera"): ORDER,
    ("GET", "/people/{person_id}"): LOOK,
    ("PATCH", "/people/{person_id}"): ORDER,
    ("DELETE", "/people/{person_id}"): ORDER,
    ("POST", "/people/{person_id}/restore"): ORDER,
    ("GET", "/people/{person_id}/pictures"): LOOK,
    ("POST", "/people/{person_id}/pictures"): ORDER,
    ("POST", "/people/{person_id}/split"): ORDER,
    ("GET", "/people/{person_id}/groups"): LOOK,
    ("GET", "/people/{person_id}/sightings"): LOOK,
    ("POST", "/people/merge"): ORDER,
    ("GET", "/pictures/{picture_id}"): LOOK,
    ("POST", "/pictures/state"): ORDER,
    ("POST", "/pictures/keep"): ORDER,
    ("POST", "/pictures/move"): ORDER,
    ("GET", "/changes"): LOOK,
    ("POST", "/changes/undo"): ORDER,
    ("POST", "/changes/foresee"): ORDER,
    # review
    ("GET", "/review"): LOOK,
    ("GET", "/review/pictures"): LOOK,
    ("POST", "/review/assign"): ORDER,
    ("POST", "/review/new"): ORDER,
    ("POST", "/review/ignore"): ORDER,
    ("POST", "/review/discard"): ORDER,
    # timelines
    ("GET", "/timelines"): LOOK,
    # exports: copies outside of mien, for whoever answers for people
    ("GET", "/timelines/export"): ANSWER,
    ("GET", "/exports/{what}"): ANSWER,
    # analyze
    ("POST", "/analyze"): ANALYZE,
    # imports: of who began them, whom looking alone is of no use for
    ("POST", "/imports"): ORDER,
    ("GET", "/imports/{import_id}"): ORDER,
    ("POST", "/imports/{import_id}/pictures"): ORDER,
    ("POST", "/imports/{import_id}/end"): ORDER,
    ("DELETE", "/imports/{import_id}"): ORDER,
    # settings
    ("GET", "/settings"): SETTLE,
    ("PATCH", "/settings"): SETTLE,
    ("GET", "/settings/schema"): SETTLE,
    ("POST", "/system/restart"): SETTLE,
    # models
    ("GET", "/models"): LOOK,
    ("GET", "/models/{name}"): LOOK,
    ("POST", "/models/{name}/accept"): SETTLE,
    # privacy
    ("GET", "/people/{person_id}/consents"): ANSWER,
    ("POST", "/people/{person_id}/consents"): ANSWER,
    ("DELETE", "/people/{person_id}/consents"): ANSWER,
    ("GET", "/privacy/purpose"): LOOK,
    ("GET", "/privacy/retention"): LOOK,
    ("POST", "/privacy/forget/{person_id}"): ANSWER,
    ("POST", "/privacy/export/{person_id}"): ANSWER,
    ("POST", "/privacy/purge"): ANSWER,
    ("GET", "/privacy/audit"): ANSWER,
    ("GET", "/privacy/audit/verify"): ANSWER,
}
"""By method (WS: a socket) and path below `API`, as routes spell it."""


def rule_of(method: str, path: str) -> Rule | None:
    """What a route asks for, or none where it does not stand in the table; HEAD is a GET."""
    if not path.startswith(API):
        return None
    asked = "GET" if method == "HEAD" else method
    return next((rule for (verb, place), rule in ACCESS.items() if (verb, API + place) == (asked, path)), None)
