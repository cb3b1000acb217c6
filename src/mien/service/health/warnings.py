"""What somebody should see to, in sentences that name no place on the machine: every account may read them."""

from collections.abc import Iterator, Sequence

from mien.engine.serving.news import EngineState
from mien.service.cameras.schemas import Camera
from mien.telemetry.process import DiskSpace


def of_engine(engine: EngineState) -> Iterator[str]:
    """That nothing is analysed, and why in a word."""
    if engine.phase == "failed":
        yield f"Nothing is analysed: {engine.detail}."


def of_cameras(cameras: Sequence[Camera]) -> Iterator[str]:
    """Those that deliver nothing; why that is may name their addresses, and stands beside them."""
    for one in cameras:
        if one.state in ("offline", "stalled"):
            yield f"The camera {one.name} is {one.state}."


def of_disk(disk: DiskSpace | None) -> Iterator[str]:
    """That there will soon be no room for what is kept."""
    if disk is not None and disk.is_low:
        yield f"The disk is nearly full: {disk.free_bytes / 1e9:.1f} GB are free. What does not fit is not kept."
