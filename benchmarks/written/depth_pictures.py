"""The pictures of `docs/how-to/depth.md`: ``python -m benchmarks.written.depth_pictures`` makes them anew.

Of the demo's own footage, the astronaut sits before the camera, and the man in the car is on a poster; depth is
rendered around both, and mien analyses the scene without depth, with it, and with the background masked.
"""

import os
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from benchmarks.parts.report import ROOT
from tests.support.depth import Picture, Portrait, Scene, portraits
from tests.support.footage import man
from tests.support.sheets import Sheet, View

from mien.demo import PORTRAIT
from mien.domain.clock import SystemClock
from mien.domain.frame import Frame
from mien.inference.catalog import load_catalog
from mien.inference.home_models import HomeModels
from mien.inference.installed import ModelShelf
from mien.inference.opening import open_runtime
from mien.inference.session import RuntimeSettings
from mien.inference.weights import WeightStore
from mien.results.drawing.depth_view import beside
from mien.results.drawing.overlay import Overlay
from mien.settings import Settings
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.vision.depth.masking import without_background
from mien.wiring.assembly import assemble, camera_settings

PICTURES = ROOT / "docs" / "images" / "desk"
_FRAMES = 20  # until an expression is confirmed
_WALL = (168, 178, 182)
_numbers = count(1)


def main() -> None:
    """Write the pictures over those that are there."""
    weights = WeightStore.from_environment(os.environ)
    with TemporaryDirectory() as home:
        shelf = ModelShelf(load_catalog(), weights, HomeModels(Path(home)), open_runtime(RuntimeSettings()), (), "f32")
        astronaut = read_picture(str(weights.path(load_catalog().card(PORTRAIT))), 100)
        (sitting,), (shown, *_) = portraits([astronaut], shelf.take), portraits(man(weights)[:3], shelf.take)
    PICTURES.mkdir(parents=True, exist_ok=True)
    frames = _frames(sitting, shown)
    plain = [replace(frame, depth_mm=None) for frame in frames]
    _write("depth-without.webp", _annotated(plain, {}))
    _write("depth-gate.webp", beside(_annotated(frames, {}), frames[-1].depth_mm, 0.3, 4.0))
    _write("depth-masked.webp", _annotated(frames, {"far_m": 1.4, "mask_background": True}))


def _frames(sitting: Portrait, shown: Portrait) -> list[Frame]:
    """Someone at 0.9 m and a poster at 1.6 m, measured anew for each frame."""
    scene = Scene(View((960, 720)), np.random.default_rng(4))
    scene.picture[:] = _WALL
    scene.put_wall(0, 2400)
    scene.put_wall(1, 1615)
    scene.put_person(0, "true face", sitting, 900)
    scene.put_sheet(1, "poster", shown, Sheet(1600, life=1.3, yaw=4))
    return [replace(scene.frame(number), time_s=number / 10) for number in range(_FRAMES)]


def _annotated(frames: list[Frame], depth: dict[str, float | bool]) -> Picture:
    """The last frame as mien annotates it."""
    with ExitStack() as stack:
        home = stack.enter_context(TemporaryDirectory())
        settings = Settings.model_validate({"home": home, "encryption": {"key": "memory"}, "depth": depth})
        clock, overlay = SystemClock(), Overlay()
        own = camera_settings(settings, f"desk {next(_numbers)}")
        pipeline = assemble(settings, stack, clock).pipelines.build(own.source, own, is_still=False)
        for frame in frames:
            seen = frame
            if own.depth.mask_background:
                painted = without_background(frame.pixels.bgr(), frame.depth_mm, own.depth.far_m)
                seen = replace(frame, pixels=ArrayPixels(painted))
            picture = overlay.draw(seen.pixels.bgr(), pipeline.process(seen))
    return picture


def _write(name: str, picture: Picture) -> None:
    cv2.imwrite(str(PICTURES / name), picture, [cv2.IMWRITE_WEBP_QUALITY, 82])


if __name__ == "__main__":
    main()
