"""A stand-in for ``freenect``, libfreenect's Python wrapper, after its source (wrappers/python/freenect.pyx)."""

import time
from types import ModuleType
from typing import Any

import numpy as np
from tests.support.depth_drivers.bench import Bench

_BUFFERS = 3  # libfreenect gives its own buffers, and fills them in turn


def stand_in(bench: Bench) -> ModuleType:
    module = ModuleType("freenect")
    module.VIDEO_RGB, module.VIDEO_BAYER = 0, 1
    module.DEPTH_11BIT, module.DEPTH_10BIT, module.DEPTH_REGISTERED, module.DEPTH_MM = 0, 1, 4, 5
    colours = [np.zeros((480, 640, 3), np.uint8) for _ in range(_BUFFERS)]
    depths = [np.zeros((480, 640), np.uint16) for _ in range(_BUFFERS)]
    counts = {"video": 0, "depth": 0}

    def init() -> object:
        bench.calls.append("init")
        return object()

    def num_devices(ctx: Any) -> int:
        return len(bench.serials)

    def open_device(ctx: Any, index: int) -> object | None:
        if bench.is_taken:
            return None
        bench.calls.append("open_device")
        return object()

    def close_device(dev: Any) -> int:
        bench.calls.append("close_device")
        return 0

    def shutdown(ctx: Any) -> int:
        bench.calls.append("shutdown")
        return 0

    def filled(kind: str, buffers: list[Any], image: Any) -> tuple[Any, int]:
        time.sleep(0.002)
        counts[kind] += 1
        buffer = buffers[counts[kind] % _BUFFERS]
        buffer[:] = image
        buffers[(counts[kind] + 1) % _BUFFERS][:] = 77  # the next one is being filled
        return buffer, counts[kind]

    def is_refused(index: int) -> bool:
        if bench.is_unplugged or bench.is_taken or index >= len(bench.serials):
            print("Error: Can't open device. 1.) is it plugged in? 2.) Read the README")
            return True
        return False

    def sync_get_video(index: int = 0, format: int = module.VIDEO_RGB) -> tuple[Any, int] | None:
        if format != module.VIDEO_RGB:
            raise TypeError(f"Conversion not implemented for type [{format}]")
        return None if is_refused(index) else filled("video", colours, bench.picture[:, :, ::-1])

    def sync_get_depth(index: int = 0, format: int = module.DEPTH_11BIT) -> tuple[Any, int] | None:
        images = {
            module.DEPTH_11BIT: bench.unregistered_mm() // 8,
            module.DEPTH_MM: bench.unregistered_mm(),
            module.DEPTH_REGISTERED: bench.depth_mm,
        }
        return None if is_refused(index) else filled("depth", depths, images[format])

    def sync_stop() -> None:
        bench.calls.append("sync_stop")

    for function in (
        *(init, num_devices, open_device, close_device, shutdown),
        *(sync_get_video, sync_get_depth, sync_stop),
    ):
        setattr(module, function.__name__, function)
    return module
