"""A service of drawn people, to look at screens with: it answers as the real one does, and knows nothing."""

import argparse
import asyncio
import json
import math
import struct
import time
from pathlib import Path

import uvicorn
from drawn import SIZE, frame, picture, places
from fake_data import LABELS, World, analyzed, cameras, models, reading, settings, system, timelines
from fastapi import APIRouter, FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse

from mien.service.headers import SecureHeaders
from mien.service.pages import add_pages

WEB = Path(__file__).parents[2] / "src/mien/service/web"


def problem(status: int, detail: str) -> JSONResponse:
    return JSONResponse({"type": "about:blank", "title": "Problem", "status": status, "detail": detail}, status)


def entrance(router: APIRouter, world: World) -> None:
    @router.get("/setup")
    def setup() -> dict:
        return {"needed": world.needs_setup}

    @router.post("/setup", status_code=201)
    async def set_up(request: Request, response: Response):
        asked = await request.json()
        if asked["token"] != "token":
            return problem(403, "this is not the token that the terminal shows")
        world.needs_setup = False
        response.set_cookie("fake", asked["name"])
        return told(asked["name"])

    @router.get("/session")
    def session(request: Request):
        return told(name) if (name := request.cookies.get("fake")) else problem(401, "log in, or show an API key")

    @router.post("/session")
    async def log_in(request: Request, response: Response):
        asked = await request.json()
        if asked["password"] == "wrong":
            return problem(401, "name or password is not right")
        response.set_cookie("fake", asked["name"])
        return told(asked["name"])

    @router.delete("/session", status_code=204)
    def log_out(response: Response) -> None:
        response.delete_cookie("fake")

    def told(name: str) -> dict:
        role = name if name in ("viewer", "operator") else "admin"
        return {"account_id": 1, "name": name, "role": role, "person_id": "", "csrf_token": "x", "expires_at": None}


def looking(router: APIRouter, world: World) -> None:
    @router.get("/cameras")
    def all_cameras() -> dict:
        return page(cameras(world))

    @router.get("/events")
    def events(kind: str = "", camera: str = "") -> dict:
        return page([e for e in world.events if kind in ("", e["kind"]) and camera in ("", e["camera"])])

    @router.get("/timelines")
    def lines(request: Request) -> dict:
        return timelines(world, request.query_params)

    @router.get("/timelines/export")
    def export() -> Response:
        return Response("person,at\n", media_type="text/csv")

    @router.get("/models")
    def all_models() -> dict:
        return page([] if world.is_empty else models())

    @router.get("/models/{name}")
    def model(name: str) -> dict:
        return next(one for one in models() if one["name"] == name)

    @router.get("/settings")
    def all_settings() -> dict:
        return page(settings())

    @router.get("/settings/schema")
    def schema() -> dict:
        live = {"min_face_px": {"type": "integer", "minimum": 8}, "mode": {"enum": ["fast", "exact"], "type": "string"}}
        return {"properties": {"live": {"properties": live}}}

    @router.patch("/settings")
    def change_settings() -> dict:
        return page(settings())

    @router.get("/system")
    def system_health() -> dict:
        return system(world)

    @router.post("/analyze")
    async def analyze(request: Request) -> dict:
        form = await request.form()
        return page([analyzed(one.filename) for one in form.getlist("pictures")])

    @router.post("/imports")
    async def imports() -> dict:
        return {"import_id": "1"}

    @router.get("/imports/{job_id}")
    def job(job_id: str) -> dict:
        refused = [{"name": "Ada/3.jpg", "reason": "no face was found"}]
        return {"import_id": job_id, "state": "done", "done": 12, "total": 12, "people": 3, "pictures": 11, "refused": refused, "problem": ""}


def people(router: APIRouter, world: World) -> None:
    @router.get("/people")
    def everybody(q: str = "", kind: str = "", everybody: bool = False) -> dict:
        found = [p for p in world.people if q.lower() in f"{p['name']} {p['person_id']}".lower() and kind in ("", p["kind"])]
        return page([p for p in found if everybody or p["standing"] == "active"])

    @router.get("/people/{person_id}")
    def person(person_id: str):
        one = world.person(person_id)
        return JSONResponse(one, headers={"etag": '"1"'}) if one else problem(404, f"there is nobody of the id {person_id}")

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
        return {"person_id": person_id, "withdrawn": [], "gone": gone, "stays": {}, "warnings": [], "is_dry_run": dry_run}

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
        return {"person_id": person_id, "is_new": True, "is_dry_run": False, "is_declared": True, "accepted": len(told) - 1, "skipped": 0, "refused": 1, "pictures": told}

    @router.patch("/people/{person_id}")
    @router.delete("/people/{person_id}")
    @router.post("/people/{person_id}/{verb}")
    @router.post("/pictures/{verb}")
    @router.post("/changes/{verb}")
    def change(person_id: str = "", verb: str = "change") -> dict:
        return done(f"{verb} {person_id}".strip(), [])

    def done(summary: str, whom: list) -> dict:
        return {"change_id": 7, "kind": "x", "summary": summary, "warnings": [], "people": whom, "is_dry_run": False, "taken_back": []}


def privacy(router: APIRouter, world: World) -> None:
    @router.get("/privacy/purpose")
    def purpose() -> dict:
        why = "expressions are not read: for workplace the EU AI Act, art. 5(1)(f), forbids that" if world.is_empty else ""
        return {"purpose": "personal", "meaning": "a person's own footage and people", "basis": "", "reference": "", "expressions": not why, "why_not": why, "blur_strangers": False, "purposes": {}}

    @router.get("/privacy/retention")
    def retention() -> dict:
        return {"kept": {"stranger_crops_h": 8, "stranger_templates_h": 8, "sightings_days": 30, "readings_days": 30, "events_days": 90, "exports_days": 30, "bin_days": 30}}

    @router.get("/privacy/audit")
    def audit() -> dict:
        return page(world.audit)

    @router.get("/privacy/audit/verify")
    def verify() -> dict:
        return {"is_whole": True, "entries": 40, "torn": 0, "line": 0, "reason": ""}

    @router.post("/privacy/forget/{person_id}")
    def forget(person_id: str, dry_run: bool = False) -> dict:
        return {"person_id": person_id, "person_ids": [person_id], "summary": f"forget Ada Lovelace ({person_id}) for good", "warnings": [], "counts": {"pictures": 6, "templates": 12, "readings": 812}, "outside": [], "is_dry_run": dry_run}

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


def sockets(router: APIRouter, world: World) -> None:
    @router.websocket("/live")
    async def live(socket: WebSocket) -> None:
        await socket.accept()
        watched: dict = {"previews_per_s": 0.0, "cameras": None}

        async def hear() -> None:
            while True:
                watched.update({"cameras": None}, **json.loads(await socket.receive_text()))

        async def tell() -> None:
            await socket.send_json({"type": "engine", "phase": "running", "detail": ""})
            for index in range(10**9):
                for number, one in enumerate(cameras(world)):
                    asked = watched["cameras"]
                    if one["state"] != "online" or (asked is not None and one["name"] not in asked):
                        continue
                    t = time.monotonic()
                    if watched["previews_per_s"]:
                        head = json.dumps({"camera": one["name"], "index": index, "time_s": t, "width": SIZE[1], "height": SIZE[0]}).encode()
                        await socket.send_bytes(struct.pack(">I", len(head)) + head + frame(number, t))
                    await socket.send_json({"type": "reading"} | reading(one["name"], number, t, index))
                await asyncio.sleep(0.25)

        tasks = [asyncio.ensure_future(hear()), asyncio.ensure_future(tell())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    @router.websocket("/browser")
    async def browser(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_json({"type": "ready", "camera": "browser", "most_bytes": 1 << 20, "most_megapixels": 8, "most_frames_per_s": 15})
        try:
            for number in range(10**9):
                await socket.receive_bytes()
                told = reading("browser", 1, time.monotonic(), number)
                told["faces"][0]["pose"] = [30 * math.sin(number / 6), 8 * math.cos(number / 9), 0]
                await socket.send_json({"type": "ack", "frame": number, "reading": told, "refused": ""})
        except WebSocketDisconnect:
            return


def page(items: list) -> dict:
    return {"items": items, "next": None}


def build(world: World) -> FastAPI:
    app = FastAPI()
    router = APIRouter(prefix="/api/v1")
    for add in (entrance, looking, people, privacy, sockets):
        add(router, world)
    app.include_router(router)
    app.add_middleware(SecureHeaders)
    add_pages(app, WEB)
    return app


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--empty", action="store_true", help="nobody is enrolled, nothing happened")
    parser.add_argument("--setup", action="store_true", help="no account yet; the token is token")
    asked = parser.parse_args()
    assert places and LABELS
    uvicorn.run(build(World(is_empty=asked.empty, needs_setup=asked.setup)), port=asked.port, log_level="warning")
