"""Fifty clients of the live socket watch four cameras at 5 analysed frames a second: what that costs the analysis.

Clients run in a process of their own on the same machine, which also plays the cameras. Ten of them take nothing.
"""

import asyncio
import json
import subprocess
import sys
from contextlib import AsyncExitStack, ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep, time

import cv2
import psutil
from benchmarks.parts.report import ROOT, Report, Table, measured
from tests.support.service import Known, service
from tests.support.serving import client, served

from mien.demo import PORTRAIT, fetch_media
from mien.domain.accounts import ROLES
from mien.domain.clock import SystemClock
from mien.engine.serving import previews
from mien.settings import load_settings
from mien.sources.images import read_picture
from mien.sources.reconnect import LiveCamera
from mien.sources.sampling import Sampler
from mien.sources.synthetic import MovingView
from mien.store.vault.keys import EncryptionSettings
from mien.telemetry.process import cpu_s
from mien.wiring.assembly import camera_settings
from mien.wiring.serving.live import Live, Watched, build_live
from mien.wiring.stores import build_stores

CLIENTS, STALLED, CAMERAS, FPS, PREVIEWS_PER_S = 50, 10, 4, 5.0, 2.0
TURNS, SECONDS = 3, 15.0
SIZE = (1280, 720)


def watched(settings) -> Watched:
    """Cameras of 720p that wander over a portrait."""
    picture = read_picture(str(fetch_media(settings).portrait), 100)

    def open_camera(name, own, clock):
        view = lambda: MovingView(PORTRAIT, picture, clock, size=SIZE)  # noqa: E731
        return LiveCamera(name, view, own.capture, clock, Sampler(fps=own.fps))

    own = {f"camera {number}": replace(camera_settings(settings, "view"), fps=FPS) for number in range(CAMERAS)}
    return Watched(own, open_camera)


def measure(live: Live, encoded: list[int], seconds: float) -> dict[str, float]:
    """What the analysis does for so long: frames and latencies of readings, seconds of CPU, previews made, memory."""
    seen: dict[str, dict[int, float]] = {}
    tell, began_s, used_s, made = live.hub.tell_reading, monotonic(), cpu_s(), len(encoded)

    def note(reading) -> None:
        seen.setdefault(reading.camera, {})[reading.index] = reading.latency_s
        tell(reading)

    live.hub.tell_reading = note
    sleep(seconds)
    live.hub.tell_reading = tell
    wall_s = monotonic() - began_s
    latencies = sorted(latency for one in seen.values() for latency in one.values())
    return {
        "slowest, analysed/s": min(map(len, seen.values())) / wall_s,
        "analysed/s": len(latencies) / wall_s,
        "median latency ms": 1000 * latencies[len(latencies) // 2],
        "p95 latency ms": 1000 * latencies[int(0.95 * len(latencies))],
        "CPUs used": (cpu_s() - used_s) / wall_s,
        "CPU ms a frame": 1000 * (cpu_s() - used_s) / len(latencies),
        "previews/s of a camera": (len(encoded) - made) / wall_s / CAMERAS,
        "MB": psutil.Process().memory_info().rss / 1e6,
    }


async def hear(host: str, seconds: float) -> None:
    """Be many clients; prints what those who listen were told, and how old readings were."""
    told = {"readings": 0, "previews": 0}

    async def listen(opened) -> None:
        async for message in opened:
            told["previews" if isinstance(message, bytes) else "readings"] += 1

    async with AsyncExitStack() as stack:
        opened = []
        for number in range(CLIENTS):
            stalls = {"received_bytes": 4096, "max_queue": 1} if number < STALLED else {}
            role = ROLES[number % len(ROLES)]  # one account has not so many
            opened.append(await stack.enter_async_context(client(host, "/live", role, compression=None, **stalls)))
        ask = json.dumps({"type": "watch", "previews_per_s": PREVIEWS_PER_S, "events": True})
        for one in opened:
            await one.send(ask)
        print("all there", flush=True)
        tasks = [asyncio.create_task(listen(one)) for one in opened[STALLED:]]
        began = time()
        await asyncio.sleep(seconds)
        listening = CLIENTS - STALLED
        print(json.dumps({name: count / listening / (time() - began) for name, count in told.items()}), flush=True)
        for task in tasks:
            task.cancel()
        for one in opened:
            one.transport.abort()


def main() -> None:
    cv2.setNumThreads(1)
    encoded: list[int] = []
    encode = previews.Previews._encoded
    previews.Previews._encoded = lambda *values: encoded.append(1) or encode(*values)
    rows, heard = [], {}
    with measured() as seconds, ExitStack() as stack:
        home = Path(stack.enter_context(TemporaryDirectory()))
        settings = load_settings().model_copy(update={"home": home, "encryption": EncryptionSettings("memory")})
        live = build_live(settings, build_stores(settings, stack), stack, SystemClock(), watched(settings))
        known = Known()
        host = stack.enter_context(served(service(*live.routers(known), credentials=known)))
        while live.waits_for:
            sleep(0.1)
        sleep(5)
        for turn in range(TURNS):
            rows.append((f"nobody looks on ({turn + 1})", *measure(live, encoded, SECONDS).values()))
            command = [sys.executable, "-m", "benchmarks.web_clients", host]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as clients:
                assert clients.stdout is not None and clients.stdout.readline() == "all there\n"
                sleep(2)
                found = measure(live, encoded, SECONDS)
                rows.append((f"{CLIENTS} clients look on ({turn + 1})", *found.values()))
                heard = json.loads(clients.stdout.readline())
            sleep(2)
    columns = ("", *found)
    title = f"{CAMERAS} cameras of 720p at {FPS:g} analysed/s, {CLIENTS} clients of whom {STALLED} stall"
    alone, together = (sum(row[2] for row in rows[place::2]) for place in (0, 1))
    facts = {"told to a client, 1/s": heard, "analysis slowed by": 1 - together / alone}
    Report("web_clients", [Table(title, columns, rows)], facts, seconds).publish()
    print(json.dumps(facts))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(hear(sys.argv[1], SECONDS + 4))
    else:
        main()
