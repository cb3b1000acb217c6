"""How soon `mien serve --demo` tells what its cameras see: from the start of the process to a reading with a face."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import httpx2 as httpx
from benchmarks.parts.report import Report, Table, measured
from tests.support.deployed import Deployed, deployed
from websockets.asyncio.client import connect

TIMES = 7
MOST_S = 6.0


def main() -> None:
    """Measure, and publish the table."""
    with measured() as seconds:
        _start()  # models are fetched, and files lie in the memory of the system
        starts = [_start() for _ in range(TIMES)]
    whats = ("the address is printed", "a camera's first reading", "a reading with a face of every camera")
    rows = [(what, *_spread([one[place] for one in starts])) for place, what in enumerate(whats)]
    table = Table(
        f"Seconds from the start of `mien serve --demo`, {TIMES} times", ("until", "median s", "slowest s"), rows
    )
    Report("web_start", [table], {"limit s": MOST_S}, seconds).publish()


def _spread(values: Sequence[float]) -> tuple[float, float]:
    return median(values), max(values)


def _start() -> tuple[float, float, float]:
    """One start: when the address was printed, the first reading came, and each camera has told of a face."""
    began_s = perf_counter()
    with TemporaryDirectory() as work, deployed(Path(work) / "demo", "--demo") as demo:
        printed_s = perf_counter() - began_s
        first_s, all_s = asyncio.run(_watch(demo, began_s))
    return printed_s, first_s, all_s


async def _watch(demo: Deployed, began_s: float) -> tuple[float, float]:
    cookie = _enter(demo)
    cameras: dict[str, float] = {}
    first_s = 0.0
    headers = {"Cookie": cookie, "Origin": demo.address}
    async with connect(demo.address.replace("http", "ws", 1) + "/api/v1/live", additional_headers=headers) as live:
        await live.send(json.dumps({"type": "watch"}))
        while len(cameras) < 2:
            told = json.loads(await live.recv())
            if told["type"] == "reading":
                now_s = perf_counter() - began_s
                first_s = first_s or now_s
                if told["faces"]:
                    cameras.setdefault(told["camera"], now_s)
    return first_s, max(cameras.values())


def _enter(demo: Deployed) -> str:
    """Make the first account; the cookie of its session."""
    asked = {"token": demo.token, "name": "root", "password": "a long password"}
    answer = httpx.post(f"{demo.address}/api/v1/setup", json=asked, headers={"Origin": demo.address})
    answer.raise_for_status()
    return "; ".join(f"{name}={value}" for name, value in answer.cookies.items())


if __name__ == "__main__":
    main()
