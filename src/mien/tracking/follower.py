"""Faces between two looks of the detector: followed by the motion of their pixels in a small grey copy."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import Detections, TrackedFaces
from mien.domain.geometry import Floats, box_centres, box_sizes, iou
from mien.tracking.tracker import FollowingSettings

_GRID = 3  # points a side, over the middle of the box, where there is no background
_GRID_INSET = 0.25
_WINDOW_PX = 9
_LEVELS = 3  # halvings of the picture: covers shifts up to about 30 px of the copy
_STOP = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 10, 0.03)
_LEAST_EIGENVALUE = 1e-5  # dark faces in an audience have little more
_TOLERANCE = 0.06  # of the face's size: how far a point may lie from the face's common motion
_TOLERANCE_PX = 0.5
_ROUNDS = 3
_LEAST_POINTS = 4
_LEAST_AGREEMENT = 0.6
_MOST_ZOOM = 1.15  # from one frame to the next
_MOST_ERROR = 25.0  # mean difference of a point's window before and after, in grey levels
_SAME_FACE_IOU = 0.5

_Complex = NDArray[np.complex128]


class Follower:
    """Moves faces from one frame to the next by pyramidal Lucas-Kanade flow (Bouguet, Intel, 2001).

    The flow of each face's landmarks and of a grid over its box is reduced to one shift, rotation and zoom, which the
    box and the landmarks then take. A face is followed surely where enough points agree on that motion and look alike
    before and after. Holds nothing of the frames: one serves any number of cameras.
    """

    def __init__(self, settings: FollowingSettings) -> None:
        self._settings = settings

    def luma_size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of the grey copy of a picture."""
        shrink = min(1.0, self._settings.long_side_px / max(width, height))
        return max(1, round(width * shrink)), max(1, round(height * shrink))

    def follow(
        self, previous: NDArray[np.uint8], current: NDArray[np.uint8], faces: TrackedFaces, scale: float
    ) -> tuple[TrackedFaces, NDArray[np.bool_]]:
        """Faces of the previous frame where they are in the current one, and which of them (n,) that is sure of.

        ``previous`` and ``current`` are luma (h, w) of one size; ``scale`` is px of them per px of the full picture,
        in which the faces are. Scores stay as they are. Raises ValueError where the sizes differ.
        """
        if previous.shape != current.shape:
            raise ValueError(f"frames to follow faces in must have one size, got {previous.shape} and {current.shape}")
        found = faces.detections
        if not len(faces):
            return faces, np.zeros(0, np.bool_)
        points = np.concatenate([found.landmarks, _grids(found.boxes)], axis=1) * np.float32(scale)
        moved, error, is_tracked = _flow(previous, current, points)
        centres = _complex(box_centres(found.boxes)) * scale
        sizes = np.sqrt(np.maximum(np.prod(box_sizes(found.boxes), axis=1), 1)) * scale
        tolerance = _TOLERANCE * sizes + _TOLERANCE_PX
        motion = _common_motion(
            _complex(points) - centres[:, None], _complex(moved) - centres[:, None], is_tracked, tolerance
        )
        is_sure = motion.is_sure(is_tracked, error)
        return TrackedFaces(motion.applied(found, scale), faces.track_ids), is_sure


def carried(detected: TrackedFaces, followed: TrackedFaces) -> TrackedFaces:
    """``detected`` and, after them, the ``followed`` faces of other tracks that lie on none of them.

    For frames in which both a detector and the follower looked: what the detector missed is carried on.
    """
    lies_on_other = (iou(followed.detections.boxes, detected.detections.boxes) >= _SAME_FACE_IOU).any(axis=1)
    kept = followed.select(~lies_on_other & ~np.isin(followed.track_ids, detected.track_ids))
    return TrackedFaces.concat([detected, kept])


@dataclass(frozen=True, slots=True)
class _Motion:
    """Motion of n faces about their own centres: ``turn`` (n,) is zoom × rotation, ``shift`` (n,) px of the copy."""

    turn: _Complex
    shift: _Complex
    agrees: NDArray[np.bool_]

    def is_sure(self, is_tracked: NDArray[np.bool_], error: Floats) -> NDArray[np.bool_]:
        agreeing = np.count_nonzero(self.agrees, axis=1)
        tracked = np.count_nonzero(is_tracked, axis=1)
        mean_error = np.where(self.agrees, error, 0).sum(axis=1) / np.maximum(agreeing, 1)
        is_sure: NDArray[np.bool_] = (
            (agreeing >= _LEAST_POINTS)
            & (agreeing >= _LEAST_AGREEMENT * tracked)
            & (np.abs(np.log(np.abs(self.turn))) <= np.log(_MOST_ZOOM))
            & (mean_error <= _MOST_ERROR)
        )
        return is_sure

    def applied(self, faces: Detections, scale: float) -> Detections:
        centres = _complex(box_centres(faces.boxes))
        moved = centres + self.shift / scale
        half = box_sizes(faces.boxes) / 2 * np.abs(self.turn)[:, None]
        middle = _pairs(moved)
        landmarks = (_complex(faces.landmarks) - centres[:, None]) * self.turn[:, None] + moved[:, None]
        boxes = np.concatenate([middle - half, middle + half], axis=1).astype(np.float32)
        return Detections(boxes, faces.scores, _pairs(landmarks).astype(np.float32))


def _common_motion(
    before: _Complex, after: _Complex, is_tracked: NDArray[np.bool_], tolerance: NDArray[np.float64]
) -> _Motion:
    """The similarity of each face that most of its points (n, k) share, found from their median shift inwards.

    In the complex plane a rotation with zoom is one factor, and its least-squares value a ratio of two sums.
    """
    turn, shift = np.ones(len(before), np.complex128), _median(after - before, is_tracked)
    for _ in range(_ROUNDS):
        agrees = is_tracked & (_misfit(before, after, turn, shift) < tolerance[:, None])
        weight = agrees / np.maximum(np.count_nonzero(agrees, axis=1), 1)[:, None]
        mean_before, mean_after = (weight * before).sum(axis=1), (weight * after).sum(axis=1)
        from_mean = before - mean_before[:, None]
        spread = (weight * np.square(np.abs(from_mean))).sum(axis=1)
        product = (weight * from_mean.conj() * (after - mean_after[:, None])).sum(axis=1)
        is_enough = (np.count_nonzero(agrees, axis=1) >= _LEAST_POINTS) & (spread > 0) & (np.abs(product) > 0)
        turn = np.where(is_enough, product / np.where(is_enough, spread, 1), turn)
        shift = np.where(is_enough, mean_after - turn * mean_before, shift)
    return _Motion(turn, shift, is_tracked & (_misfit(before, after, turn, shift) < tolerance[:, None]))


def _misfit(before: _Complex, after: _Complex, turn: _Complex, shift: _Complex) -> NDArray[np.float64]:
    misfit: NDArray[np.float64] = np.abs(after - before * turn[:, None] - shift[:, None])
    return misfit


def _flow(
    previous: NDArray[np.uint8], current: NDArray[np.uint8], points: Floats
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Where points (n, k, 2) went, how different they look there (n, k), and which of them could be tracked."""
    moved, status, error = cv2.calcOpticalFlowPyrLK(
        previous,
        current,
        points.reshape(-1, 1, 2),
        None,  # type: ignore[call-overload]
        winSize=(_WINDOW_PX, _WINDOW_PX),
        maxLevel=_LEVELS,
        criteria=_STOP,
        minEigThreshold=_LEAST_EIGENVALUE,
    )
    shape = points.shape[:2]
    return moved.reshape(points.shape), error.reshape(shape), status.reshape(shape).astype(np.bool_)


def _grids(boxes: Floats) -> Floats:
    steps = np.linspace(_GRID_INSET, 1 - _GRID_INSET, _GRID, dtype=np.float32)
    places = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(1, -1, 2)
    return boxes[:, None, :2] + places * box_sizes(boxes)[:, None]


def _median(shifts: _Complex, is_valid: NDArray[np.bool_]) -> _Complex:
    """Lower median of each row's valid values, by parts; 0 where a row has none."""
    middle = np.maximum(np.count_nonzero(is_valid, axis=1) - 1, 0) // 2
    parts = [np.sort(np.where(is_valid, part, np.inf), axis=1) for part in (shifts.real, shifts.imag)]
    row = np.arange(len(shifts))
    medians = np.stack([part[row, middle] for part in parts], axis=-1)
    return _complex(np.where(np.any(is_valid, axis=1, keepdims=True), medians, 0))


def _complex(points: NDArray[np.floating]) -> _Complex:
    numbers: _Complex = points[..., 0] + 1j * points[..., 1]
    return numbers.astype(np.complex128)


def _pairs(numbers: _Complex) -> NDArray[np.float64]:
    return np.stack([numbers.real, numbers.imag], axis=-1)
