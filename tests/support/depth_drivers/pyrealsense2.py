"""A stand-in for ``pyrealsense2``, after version 2.59: what of it reads colour and depth."""

import time
from enum import Enum
from types import ModuleType
from typing import Any

import numpy as np
from tests.support.depth_drivers.bench import Bench

UNIT_M = 0.00025
"""Of an L515; that of most others is 0.001."""


def stand_in(bench: Bench) -> ModuleType:
    module = ModuleType("pyrealsense2")
    module.stream = Enum("stream", ["any", "depth", "color"])
    module.format = Enum("format", ["any", "z16", "rgb8", "bgr8"])
    module.camera_info = Enum("camera_info", ["name", "serial_number"])
    module.timestamp_domain = Enum("timestamp_domain", ["hardware_clock", "system_time", "global_time"])
    raw = np.rint(bench.depth_mm / (1000 * UNIT_M)).astype(np.uint16)
    unregistered = np.rint(bench.unregistered_mm() / (1000 * UNIT_M)).astype(np.uint16)[::2, ::2]
    buffers = {"colour": np.zeros_like(bench.picture), "depth": np.zeros_like(raw)}

    class device:  # noqa: N801  as the driver calls it
        def __init__(self, serial: str) -> None:
            self._serial = serial

        def get_info(self, info: Any) -> str:
            assert info is module.camera_info.serial_number
            return self._serial

        def first_depth_sensor(self) -> "depth_sensor":
            return depth_sensor()

    class depth_sensor:  # noqa: N801
        def get_depth_scale(self) -> float:
            return float(np.float32(UNIT_M))

    class context:  # noqa: N801
        def query_devices(self) -> list[device]:
            return [device(serial) for serial in bench.serials]

    class config:  # noqa: N801
        def __init__(self) -> None:
            self._serial = ""
            self._streams: dict[Any, Any] = {}

        def enable_device(self, serial: str) -> None:
            self._serial = serial

        def enable_stream(self, stream_type: Any, width: int, height: int, format: Any, framerate: int) -> None:
            self._streams[stream_type] = (width, height, format, framerate)

        def can_resolve(self, p: Any) -> bool:
            size = bench.picture.shape[1], bench.picture.shape[0]
            return self._serial in bench.serials and self._streams[module.stream.color][:2] == size

    class pipeline_wrapper:  # noqa: N801
        def __init__(self, pipeline: Any) -> None:
            pass

    class stream_profile:  # noqa: N801
        def __init__(self, framerate: int) -> None:
            self._framerate = framerate

        def fps(self) -> int:
            return self._framerate

    class pipeline_profile:  # noqa: N801
        def __init__(self, settled: config) -> None:
            self._settled = settled

        def get_device(self) -> device:
            return device(self._settled._serial)

        def get_stream(self, stream_type: Any) -> stream_profile:
            return stream_profile(self._settled._streams[stream_type][3])

    class video_frame:  # noqa: N801
        def __init__(self, array: Any, at_ms: float) -> None:
            self._array = array
            self._at_ms = at_ms

        def __bool__(self) -> bool:
            return self._array is not None

        def get_data(self) -> Any:
            return self._array

        def get_timestamp(self) -> float:
            return self._at_ms

        def get_frame_timestamp_domain(self) -> Any:
            return module.timestamp_domain.global_time

    class composite_frame:  # noqa: N801
        def __init__(self, colour: Any, depth: Any) -> None:
            self._colour = colour
            self._depth = depth

        def get_color_frame(self) -> video_frame:
            return video_frame(self._colour, 1_700_000_000_000.0)

        def get_depth_frame(self) -> video_frame:
            return video_frame(self._depth, 1_700_000_000_011.0)

    class align:  # noqa: N801
        def __init__(self, align_to: Any) -> None:
            assert align_to is module.stream.color

        def process(self, frames: composite_frame) -> composite_frame:
            buffers["depth"][:] = raw
            return composite_frame(frames._colour, buffers["depth"])

    class pipeline:  # noqa: N801
        def __init__(self) -> None:
            self._settled: config | None = None

        def start(self, config: config) -> pipeline_profile:
            if bench.is_taken:
                raise RuntimeError("xioctl(VIDIOC_S_FMT) failed, errno=16 Last Error: Device or resource busy")
            self._settled = config
            bench.calls.append(f"start {config._serial}")
            return pipeline_profile(config)

        def try_wait_for_frames(self, timeout_ms: int = 5000) -> tuple[bool, composite_frame]:
            if self._settled is None:
                raise RuntimeError("try_wait_for_frames cannot be called before start()")
            if bench.is_unplugged:
                time.sleep(timeout_ms / 1000)
                return False, composite_frame(None, None)
            is_bgr = self._settled._streams[module.stream.color][2] is module.format.bgr8
            buffers["colour"][:] = bench.picture if is_bgr else bench.picture[:, :, ::-1]
            time.sleep(0.002)
            return True, composite_frame(buffers["colour"], unregistered)

        def stop(self) -> None:
            if self._settled is None:
                raise RuntimeError("stop() cannot be called before start()")
            self._settled = None
            bench.calls.append("stop")
            buffers["colour"][:], buffers["depth"][:] = 77, 77

    for thing in (
        *(device, depth_sensor, context, config, pipeline_wrapper, stream_profile, pipeline_profile),
        *(video_frame, composite_frame, align, pipeline),
    ):
        setattr(module, thing.__name__, thing)
    return module
