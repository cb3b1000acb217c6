"""RealSense cameras through ``pyrealsense2``."""

from contextlib import suppress
from typing import Any

import numpy as np

from mien.domain.errors import SourceStalled, SourceUnreachable
from mien.sources.depth.depth_source import Depth, DepthShot
from mien.sources.depth.drivers import load_driver, said_by

_INSTALL = "`pip install 'mien[realsense]'` installs it"
_MAX_MM = 65535
# Size of the picture, size of the depth, pictures a second: the first that the device, on its USB, can do.
_MODES = (((1280, 720), (848, 480), 30), ((640, 480), (640, 480), 30), ((640, 480), (640, 480), 15))


def open_realsense(which: str) -> "RealSense":
    """A camera by its number, from 0, or its serial number; raises SourceUnreachable where there is none."""
    rs = load_driver("pyrealsense2", "a RealSense camera", _INSTALL)
    name = f"realsense:{which}"
    try:
        serial = _serial(rs, which)
        pipeline = rs.pipeline()
        profile = pipeline.start(_configured(rs, pipeline, serial, name))
    except RuntimeError as error:
        raise SourceUnreachable(f"{name} cannot be opened: {said_by(error)}") from None
    return RealSense(rs, pipeline, profile, name)


class RealSense:
    """One camera. Its driver pairs depth and picture, and here the depth is registered to the picture and its size."""

    is_live = True
    frame_count = 0

    def __init__(self, rs: Any, pipeline: Any, profile: Any, name: str) -> None:
        self.name = name
        self.frame_rate = float(profile.get_stream(rs.stream.color).fps())
        self._pipeline = pipeline
        self._align = rs.align(rs.stream.color)
        self._unit_mm = 1000.0 * profile.get_device().first_depth_sensor().get_depth_scale()
        self._is_closed = False

    def read(self, timeout_s: float) -> DepthShot | None:
        try:
            is_there, frames = self._pipeline.try_wait_for_frames(round(1000 * timeout_s))
            if not is_there:
                return None
            together = self._align.process(frames) if frames.get_depth_frame() else frames
        except RuntimeError as error:
            raise SourceStalled(f"{self.name} delivers no picture any more: {said_by(error)}") from None
        colour, depth = together.get_color_frame(), together.get_depth_frame()
        if not colour:
            return None
        # The driver has few buffers for its frames: what is kept is copied.
        picture, colour_s = np.array(colour.get_data(), np.uint8), colour.get_timestamp() / 1000
        if not depth:
            return DepthShot(picture, colour_s)
        is_one_clock = depth.get_frame_timestamp_domain() == colour.get_frame_timestamp_domain()
        depth_s = depth.get_timestamp() / 1000 if is_one_clock else colour_s
        return DepthShot(picture, colour_s, self._in_mm(np.asarray(depth.get_data())), depth_s)

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            with suppress(RuntimeError):  # it is gone
                self._pipeline.stop()

    def _in_mm(self, raw: Depth) -> Depth:
        return np.asarray(np.minimum(np.rint(raw * self._unit_mm), _MAX_MM), np.uint16)


def _serial(rs: Any, which: str) -> str:
    """The serial number of a camera that is there, by its number (up to three digits) or itself."""
    serials = [device.get_info(rs.camera_info.serial_number) for device in rs.context().query_devices()]
    if which in serials:
        return which
    if len(which) > 3:
        raise SourceUnreachable(f"there is no RealSense camera with the serial number {which} here")
    if int(which) >= len(serials):
        raise SourceUnreachable(f"there is no RealSense camera {which}: {len(serials) or 'none'} can be seen here")
    return str(serials[int(which)])


def _configured(rs: Any, pipeline: Any, serial: str, name: str) -> Any:
    for (width, height), (depth_width, depth_height), frame_rate in _MODES:
        config = rs.config()
        config.enable_device(serial)
        config.enable_stream(rs.stream.color, width, height, rs.format.bgr8, frame_rate)
        config.enable_stream(rs.stream.depth, depth_width, depth_height, rs.format.z16, frame_rate)
        if config.can_resolve(rs.pipeline_wrapper(pipeline)):
            return config
    raise SourceUnreachable(f"{name} cannot be opened: it delivers no colour and depth together, or is in use")
