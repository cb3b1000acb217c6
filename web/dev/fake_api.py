"""A service of drawn people, to look at screens with: it answers as the real one does, and knows nothing."""

import argparse
import asyncio
import json
import math
import struct
import time
from pathlib import Path

import uvicorn
from drawn import SIZE, frame
from fake_answers import analyzed, cameras, models, reading, settings, system, timelines
from fake_data import World
from fake_people import page, people, privacy, problem
from fastapi import APIRouter, FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from mien.service.frame.headers import SecureHeaders
from mien.service.frame.pages import add_pages

WEB = Path(__file__).parents[2] / "src/mien/service/web"


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

    @router.get("/signup")
    def terms() -> dict:
        text = "Your face is measured, and the numbers are kept on this machine until you take this back."
        return {"mode": "open", "consent_version": "1", "consent_text": text, "scopes": [], "snapshots": 10}

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
        return {
            "import_id": job_id,
            "state": "done",
            "done": 12,
            "total": 12,
            "people": 3,
            "pictures": 11,
            "refused": refused,
            "problem": "",
        }


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
                        head = json.dumps(
                            {"camera": one["name"], "index": index, "time_s": t, "width": SIZE[1], "height": SIZE[0]}
                        ).encode()
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
        await socket.send_json(
            {"type": "ready", "camera": "browser", "most_bytes": 1 << 20, "most_megapixels": 8, "most_frames_per_s": 15}
        )
        try:
            for number in range(10**9):
                await socket.receive_bytes()
                told = reading("browser", 1, time.monotonic(), number)
                told["faces"][0]["pose"] = [30 * math.sin(number / 6), 8 * math.cos(number / 9), 0]
                await socket.send_json({"type": "ack", "frame": number, "reading": told, "refused": ""})
        except WebSocketDisconnect:
            return


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
    uvicorn.run(build(World(is_empty=asked.empty, needs_setup=asked.setup)), port=asked.port, log_level="warning")
