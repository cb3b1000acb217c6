"""The route that says how the process and what it works on fare, for those who look after it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Protocol

from fastapi import Depends
from pydantic import BaseModel

from mien.domain.accounts import is_at_least
from mien.domain.clock import Clock
from mien.engine.serving.hub import Hub
from mien.engine.serving.news import EngineState, Phase
from mien.pipeline.timings import StageTime
from mien.service.access.gate import Caller, caller
from mien.service.area import Area, area
from mien.service.cameras.schemas import Camera
from mien.service.health.warnings import of_cameras, of_disk, of_engine
from mien.telemetry.process import CpuMeter, DiskSpace, peak_rss_mb, rss_bytes, usable_cpus


class DatabaseTold(BaseModel):
    """What a database is: its kind, such as sqlite, what it takes on the disk, and the revision of its schema."""

    kind: str
    bytes: int
    schema_revision: str


class StageTold(BaseModel):
    """How long one run of a step of analysing took of late: see StageTime."""

    stage: str
    runs: int
    median_ms: float
    p95_ms: float


class EngineTold(BaseModel):
    """Where what analyses is, and why it waits or has failed: an admin who is logged in reads it in the very words."""

    phase: Phase
    detail: str


class SystemHealth(BaseModel):
    """How this mien fares. What the operating system does not tell is null.

    ``cpu_percent`` is that of this process since it was last asked for, of a second at least: per cent of one of
    ``cpus``, so that two busy ones are 200. ``memory_bytes`` is what it holds now, ``memory_peak_bytes`` the most it
    ever held. The disk is the one that the home lies on. ``warnings`` are what somebody should see to.
    """

    version: str
    started_at: datetime
    uptime_s: float
    cpus: int
    cpu_percent: float | None
    memory_bytes: int | None
    memory_peak_bytes: int
    disk_free_bytes: int | None
    disk_total_bytes: int | None
    database: DatabaseTold
    live_clients: int
    engine: EngineTold
    timings: list[StageTold]
    cameras: list[Camera]
    warnings: list[str]


class Surroundings(Protocol):
    """What the process works on."""

    def database(self) -> DatabaseTold:
        """Raises StoreError."""
        ...

    def disk(self) -> DiskSpace | None:
        """The disk that the home lies on."""
        ...

    def timings(self) -> Iterable[StageTime]:
        """What the steps of analysing took, nothing before there are models."""
        ...

    def warnings(self) -> Iterable[str]:
        """What somebody should see to, of all that the settings and the home can tell; raises ModelError."""
        ...


@dataclass(frozen=True, slots=True)
class Began:
    """Which mien this is, and when it began."""

    version: str
    at: datetime
    at_s: float

    @classmethod
    def now(cls, version: str, clock: Clock) -> "Began":
        """Begun at this moment."""
        return cls(version, clock.now(), clock.monotonic_s())


def build(began: Began, hub: Hub, around: Surroundings, clock: Clock) -> Area:
    """The route."""
    router, meter = area("health"), CpuMeter()

    @router.get("/system")
    def system(who: Annotated[Caller, Depends(caller)]) -> SystemHealth:
        disk, engine = around.disk(), hub.board.engine.value
        cameras = [Camera.of(news.value) for _, news in sorted(hub.board.statuses.items())]
        return SystemHealth(
            version=began.version,
            started_at=began.at,
            uptime_s=clock.monotonic_s() - began.at_s,
            cpus=usable_cpus(),
            cpu_percent=meter.percent(),
            memory_bytes=rss_bytes(),
            memory_peak_bytes=round(peak_rss_mb() * 1e6),
            disk_free_bytes=disk.free_bytes if disk else None,
            disk_total_bytes=disk.total_bytes if disk else None,
            database=around.database(),
            live_clients=hub.listeners,
            engine=EngineTold(phase=engine.phase, detail=_detail(engine, who)),
            timings=[
                StageTold(stage=one.stage, runs=one.runs, median_ms=one.median_ms, p95_ms=one.p95_ms)
                for one in around.timings()
            ],
            cameras=cameras,
            warnings=[*of_engine(engine), *of_cameras(cameras), *of_disk(disk), *around.warnings()],
        )

    return router


def _detail(engine: EngineState, who: Caller) -> str:
    """What it waits for or died of: the very words for an admin who is logged in, for they may name places."""
    is_for_admins = who.session is not None and is_at_least(who.account.role, "admin")
    return engine.cause if is_for_admins and engine.cause else engine.detail
