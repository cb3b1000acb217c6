"""What the fake service answers about people, and about what is done with them."""

from drawn import picture
from fake_data import World
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse


def problem(status: int, detail: str) -> JSONResponse:
    return JSONResponse({"type": "about:blank", "title": "Problem", "status": status, "detail": detail}, status)


def page(items: list) -> dict:
    return {"items": items, "next": None}


def people(router: APIRouter, world: World) -> None:
    @router.get("/people")
    def everybody(q: str = "", kind: str = "", everybody: bool = False) -> dict:
        found = [
            p for p in world.people if q.lower() in f"{p['name']} {p['person_id']}".lower() and kind in ("", p["kind"])
        ]
        return page([p for p in found if everybody or p["standing"] == "active"])

    @router.get("/people/{person_id}")
    def person(person_id: str):
        one = world.person(person_id)
        return (
            JSONResponse(one, headers={"etag": '"1"'})
            if one
            else problem(404, f"there is nobody of the id {person_id}")
        )

    @router.get("/people/{person_id}/pictures")
    def pictures(person_id: str) -> dict:
        return page(world.pictures(person_id))

    @router.get("/people/{person_id}/groups")
    def groups(person_id: str) -> dict:
        ids = [one["picture_id"] for one in world.pictures(person_id)]
        return {"groups": [{"picture_ids": ids[:-1], "similarity": None}, {"picture_ids": ids[-1:], "similarity": 0.1}]}

    @router.get("/people/{person_id}/sightings")
    def sightings(person_id: str) -> dict:
        return page(world.sightings(person_id))

    @router.get("/people/{person_id}/consents")
    def consents(person_id: str) -> dict:
        return world.consents(person_id)

    @router.post("/people/{person_id}/consents")
    def give(person_id: str) -> dict:
        return {"person_id": person_id, "given": [], "before": [], "why_not": None, "is_dry_run": False}

    @router.delete("/people/{person_id}/consents")
    def withdraw(person_id: str, dry_run: bool = False) -> dict:
        gone = {"templates": 5, "pictures": 4, "readings": 812, "visit_templates": 0, "visit_pictures": 0}
        return {
            "person_id": person_id,
            "withdrawn": [],
            "gone": gone,
            "stays": {},
            "warnings": [],
            "is_dry_run": dry_run,
        }

    @router.get("/pictures/{picture_id}")
    def image(picture_id: int) -> Response:
        return Response(picture(picture_id), media_type="image/png")

    @router.get("/review")
    def review() -> dict:
        return page(world.strangers) | {"total": len(world.strangers), "named_from": 0.4, "one_from": 0.5}

    @router.post("/review/{verb}")
    async def decide(verb: str, request: Request) -> dict:
        gone = (await request.json())["strangers"]
        world.strangers = [one for one in world.strangers if one["person_id"] not in gone]
        return done(f"{verb} {', '.join(gone)}", gone)

    @router.post("/people", status_code=201)
    @router.post("/people/{person_id}/pictures")
    async def enrol(request: Request, person_id: str = "person-0001") -> dict:
        form = await request.form()
        told = [{"picture": one.filename, "outcome": "accepted", "reason": ""} for one in form.getlist("pictures")]
        told[-1] |= {"outcome": "refused", "reason": "the face is too small (31 px)"}
        return {
            "person_id": person_id,
            "is_new": True,
            "is_dry_run": False,
            "is_declared": True,
            "accepted": len(told) - 1,
            "skipped": 0,
            "refused": 1,
            "pictures": told,
        }

    @router.patch("/people/{person_id}")
    @router.delete("/people/{person_id}")
    @router.post("/people/{person_id}/{verb}")
    @router.post("/pictures/{verb}")
    @router.post("/changes/{verb}")
    def change(person_id: str = "", verb: str = "change") -> dict:
        return done(f"{verb} {person_id}".strip(), [])

    def done(summary: str, whom: list) -> dict:
        return {
            "change_id": 7,
            "kind": "x",
            "summary": summary,
            "warnings": [],
            "people": whom,
            "is_dry_run": False,
            "taken_back": [],
        }


def privacy(router: APIRouter, world: World) -> None:
    @router.get("/privacy/purpose")
    def purpose() -> dict:
        why = (
            "expressions are not read: for workplace the EU AI Act, art. 5(1)(f), forbids that"
            if world.is_empty
            else ""
        )
        return {
            "purpose": "personal",
            "meaning": "a person's own footage and people",
            "basis": "",
            "reference": "",
            "expressions": not why,
            "why_not": why,
            "blur_strangers": False,
            "purposes": {},
        }

    @router.get("/privacy/retention")
    def retention() -> dict:
        return {
            "kept": {
                "stranger_crops_h": 8,
                "stranger_templates_h": 8,
                "sightings_days": 30,
                "readings_days": 30,
                "events_days": 90,
                "exports_days": 30,
                "bin_days": 30,
            }
        }

    @router.get("/privacy/audit")
    def audit() -> dict:
        return page(world.audit)

    @router.get("/privacy/audit/verify")
    def verify() -> dict:
        return {"is_whole": True, "entries": 40, "torn": 0, "line": 0, "reason": ""}

    @router.post("/privacy/forget/{person_id}")
    def forget(person_id: str, dry_run: bool = False) -> dict:
        return {
            "person_id": person_id,
            "person_ids": [person_id],
            "summary": f"forget Ada Lovelace ({person_id}) for good",
            "warnings": [],
            "counts": {"pictures": 6, "templates": 12, "readings": 812},
            "outside": [],
            "is_dry_run": dry_run,
        }

    @router.post("/privacy/export/{person_id}")
    def export(person_id: str) -> Response:
        return Response(person_id.encode(), media_type="application/zip")

    @router.post("/privacy/purge")
    def purge(dry_run: bool = False) -> dict:
        return {"counts": {"events": 12, "sightings": 3}, "left": 0, "unfinished": "", "is_dry_run": dry_run}

    @router.get("/accounts")
    def accounts() -> dict:
        return page(world.accounts)

    @router.get("/keys")
    def keys() -> dict:
        return page(world.keys)

    @router.post("/keys", status_code=201)
    def issue() -> dict:
        return world.keys[0] | {"secret": "mien_3f9a8c71d2e64b0fa2c1"}

    @router.post("/accounts", status_code=201)
    @router.patch("/accounts/{account_id}")
    def account(account_id: int = 1) -> dict:
        return world.accounts[0]
