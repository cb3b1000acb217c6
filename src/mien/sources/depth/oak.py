"""OAK cameras through ``depthai``, version 3."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import numpy as np

from mien.domain.errors import SourceStalled, SourceUnreachable
from mien.sources.depth.depth_source import DepthShot
from mien.sources.depth.drivers import load_driver, said_by

_INSTALL = "`pip install 'mien[oak]'` installs it"
_FRAME_RATE = 30.0
_SIZE, _STEREO_SIZE = (1280, 720), (640, 400)
_COLOUR, _DEPTH = "colour", "depth"


def open_oak(number: int) -> "Oak":
    """The n-th OAK camera, from 0; raises SourceUnreachable where there is none, or it measures no depth."""
    dai = load_driver("depthai", "an OAK camera", _INSTALL)
    if not hasattr(dai.node, "Camera") or not hasattr(dai, "MessageQueue"):
        raise SourceUnreachable(f"an OAK camera cannot be read: its driver depthai is older than version 3; {_INSTALL}")
    name = f"oak:{number}"
    try:
        found = dai.Device.getAllAvailableDevices()
        if number >= len(found):
            raise SourceUnreachable(f"there is no OAK camera {number}: {len(found) or 'none'} can be seen here")
        device = dai.Device(found[number])
    except RuntimeError as error:
        raise SourceUnreachable(f"{name} cannot be opened: {said_by(error)}") from None
    try:
        pipeline, queue = _started(dai, device, name)
    except RuntimeError as error:
        device.close()
        raise SourceUnreachable(f"{name} cannot be opened: {said_by(error)}") from None
    except SourceUnreachable:
        device.close()
        raise
    return Oak(dai, device, pipeline, queue, name)


class Oak:
    """One camera with two more for depth, which it registers to its picture and pairs with it."""

    is_live = True
    frame_rate = _FRAME_RATE
    frame_count = 0

    def __init__(self, dai: Any, device: Any, pipeline: Any, queue: Any, name: str) -> None:
        self.name = name
        self._device = device
        self._pipeline = pipeline
        self._queue = queue
        self._gone = (RuntimeError, dai.MessageQueue.QueueException)
        self._is_closed = False

    def read(self, timeout_s: float) -> DepthShot | None:
        try:
            group = self._queue.get(timedelta(seconds=timeout_s))
        except self._gone as error:
            raise SourceStalled(f"{self.name} delivers no picture any more: {said_by(error)}") from None
        if group is None:
            return None
        colour, depth = group[_COLOUR], group[_DEPTH]
        return DepthShot(
            np.asarray(colour.getCvFrame(), np.uint8),  # a copy, in BGR whatever the camera sent
            colour.getTimestamp().total_seconds(),
            np.array(depth.getFrame(), np.uint16),
            depth.getTimestamp().total_seconds(),
        )

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            for give_back in (self._pipeline.stop, self._device.close):
                with suppress(*self._gone):
                    give_back()


def _started(dai: Any, device: Any, name: str) -> tuple[Any, Any]:
    """The running pipeline of a device, and the queue of what it delivers: groups of a picture and its depth."""
    socket = dai.CameraBoardSocket
    if not {socket.CAM_A, socket.CAM_B, socket.CAM_C} <= set(device.getConnectedCameras()):
        raise SourceUnreachable(f"{name} cannot be used: it has no three cameras, and measures no depth")
    pipeline = dai.Pipeline(device)
    camera = pipeline.create(dai.node.Camera).build(socket.CAM_A)
    # Depth is registered to what a lens without distortion would see.
    colour = camera.requestOutput(_SIZE, fps=_FRAME_RATE, enableUndistortion=True)
    stereo = pipeline.create(dai.node.StereoDepth)
    for side, at in ((socket.CAM_B, stereo.left), (socket.CAM_C, stereo.right)):
        pipeline.create(dai.node.Camera).build(side).requestOutput(_STEREO_SIZE, fps=_FRAME_RATE).link(at)
    together = pipeline.create(dai.node.Sync)
    together.setSyncThreshold(timedelta(seconds=0.5 / _FRAME_RATE))
    colour.link(together.inputs[_COLOUR])
    if device.getPlatform() == dai.Platform.RVC4:  # its stereo node cannot register
        align = pipeline.create(dai.node.ImageAlign)
        stereo.depth.link(align.input)
        colour.link(align.inputAlignTo)
        align.outputAligned.link(together.inputs[_DEPTH])
    else:
        colour.link(stereo.inputAlignTo)
        stereo.depth.link(together.inputs[_DEPTH])
    queue = together.out.createOutputQueue(maxSize=2, blocking=False)
    pipeline.start()
    return pipeline, queue
