"""A stand-in for ``depthai``, after version 3: what of it reads colour and depth."""

import time
from collections import defaultdict
from datetime import timedelta
from enum import Enum
from types import ModuleType
from typing import Any

import cv2
from tests.support.depth_drivers.bench import Bench


class Input:
    """An input of a node: what is linked to it."""

    linked: Any = None


def stand_in(bench: Bench, *, is_rvc4: bool = False, sockets: int = 3) -> ModuleType:
    module = ModuleType("depthai")
    module.CameraBoardSocket = Enum("CameraBoardSocket", ["CAM_A", "CAM_B", "CAM_C", "CAM_D"])
    module.Platform = Enum("Platform", ["RVC2", "RVC3", "RVC4"])
    nodes: list[Any] = []

    class Output:
        def __init__(self, of: str, size: tuple[int, int] = (0, 0)) -> None:
            self._of = of
            self._size = size

        def link(self, target: Input) -> None:
            target.linked = self

        def createOutputQueue(self, maxSize: int = 16, blocking: bool = False) -> "MessageQueue":  # noqa: N802, N803
            return MessageQueue(self)

    class Device:
        def __init__(self, info: Any) -> None:
            if bench.is_taken:
                raise RuntimeError('Cannot connect to device with name "1.2", it is used by another process. Error: X')
            bench.calls.append(f"Device {info}")

        @staticmethod
        def getAllAvailableDevices() -> list[str]:  # noqa: N802
            return list(bench.serials)

        def getConnectedCameras(self) -> list[Any]:  # noqa: N802
            return list(module.CameraBoardSocket)[:sockets]

        def getPlatform(self) -> Any:  # noqa: N802
            return module.Platform.RVC4 if is_rvc4 else module.Platform.RVC2

        def close(self) -> None:
            bench.calls.append("close")

    class Camera:
        def build(self, boardSocket: Any) -> "Camera":  # noqa: N803
            self._socket = boardSocket
            return self

        def requestOutput(  # noqa: N802
            self,
            size: tuple[int, int],
            fps: float | None = None,
            enableUndistortion: bool | None = None,  # noqa: N803
        ) -> Output:
            is_colour = self._socket is module.CameraBoardSocket.CAM_A
            kind = "distorted" if is_colour and not enableUndistortion else "colour" if is_colour else self._socket.name
            return Output(kind, size)

    class StereoDepth:
        def __init__(self) -> None:
            self.left, self.right, self.inputAlignTo = Input(), Input(), Input()
            self.depth = Output("depth")

    class ImageAlign:
        def __init__(self) -> None:
            self.input, self.inputAlignTo, self.outputAligned = Input(), Input(), Output("aligned")

    class Sync:
        def __init__(self) -> None:
            self.inputs: dict[str, Input] = defaultdict(Input)
            self.out = Output("groups")

        def setSyncThreshold(self, syncThreshold: timedelta) -> None:  # noqa: N802, N803
            assert syncThreshold <= timedelta(seconds=0.04)

    module.node = type("node", (), {kind.__name__: kind for kind in (Camera, StereoDepth, ImageAlign, Sync)})
    module.Node = type("Node", (), {"Output": Output})

    def is_registered() -> bool:
        (stereo,) = [one for one in nodes if isinstance(one, StereoDepth)]
        if (stereo.left.linked._of, stereo.right.linked._of) != ("CAM_B", "CAM_C"):
            return False
        targets = [one for one in nodes if isinstance(one, ImageAlign)] if is_rvc4 else [stereo]
        return all(one.inputAlignTo.linked._of == "colour" for one in targets) and bool(targets)

    class ImgFrame:
        def __init__(self, array: Any, at_s: float) -> None:
            self._array = array
            self._at_s = at_s

        def getCvFrame(self) -> Any:  # noqa: N802
            return self._array.copy()

        def getFrame(self) -> Any:  # noqa: N802
            return self._array

        def getTimestamp(self) -> timedelta:  # noqa: N802
            return timedelta(seconds=self._at_s)

    class MessageQueue:
        class QueueException(Exception):
            pass

        def __init__(self, of: Output) -> None:
            self._sync = next(one for one in nodes if isinstance(one, Sync) and one.out is of)

        def get(self, timeout: timedelta) -> Any:
            if "pipeline.stop" in bench.calls or bench.is_unplugged:
                raise MessageQueue.QueueException("MessageQueue was closed")
            time.sleep(0.002)
            group = {}
            for name, source in self._sync.inputs.items():
                kind = source.linked._of
                if kind == "colour":
                    group[name] = ImgFrame(cv2.resize(bench.picture, source.linked._size), 40.000)
                else:
                    is_fitting = is_registered() and (kind == "aligned") == is_rvc4
                    group[name] = ImgFrame(bench.depth_mm if is_fitting else bench.unregistered_mm(), 40.007)
            return group

    class Pipeline:
        def __init__(self, defaultDevice: Device) -> None:  # noqa: N803
            pass

        def create(self, kind: Any) -> Any:
            nodes.append(kind())
            return nodes[-1]

        def start(self) -> None:
            bench.calls.append("pipeline.start")

        def stop(self) -> None:
            bench.calls.append("pipeline.stop")

    for thing in (Device, Pipeline, ImgFrame, MessageQueue):
        setattr(module, thing.__name__, thing)
    return module
