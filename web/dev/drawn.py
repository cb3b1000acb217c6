"""Drawn people: pictures of faces, and frames of cameras in which they move."""

import math

import cv2
import numpy as np

NAMES = ["Ada Lovelace", "Grace Hopper", "Alan Turing", "Emmy Noether", "Katherine Johnson", "Linus Pauling"]
SKINS = [(140, 180, 226), (96, 140, 198), (70, 100, 150), (160, 196, 240), (52, 78, 120), (120, 160, 210)]
HAIRS = [(30, 40, 60), (20, 20, 24), (60, 110, 160), (90, 90, 98), (16, 18, 22), (150, 190, 220)]
SIZE = (360, 640)


def draw_face(image: np.ndarray, who: int, x: float, y: float, r: float, turn: float = 0.0, smile: float = 0.4) -> None:
    """Draw somebody's face in place: centre x y and radius r in px."""
    skin, hair = SKINS[who % len(SKINS)], HAIRS[(who * 5 + 1) % len(HAIRS)]
    shoulders = (int(x), int(y + 2.2 * r))
    cv2.ellipse(
        image,
        shoulders,
        (int(1.5 * r), int(1.1 * r)),
        0,
        180,
        360,
        (120 - 12 * who, 90 + 10 * who, 80),
        -1,
        cv2.LINE_AA,
    )
    cv2.ellipse(image, (int(x), int(y - 0.12 * r)), (int(0.96 * r), int(1.2 * r)), 0, 0, 360, hair, -1, cv2.LINE_AA)
    cv2.rectangle(image, (int(x - 0.3 * r), int(y + 0.7 * r)), (int(x + 0.3 * r), int(y + 1.3 * r)), skin, -1)
    cv2.ellipse(image, (int(x), int(y + 0.06 * r)), (int(0.8 * r), int(1.05 * r)), 0, 0, 360, skin, -1, cv2.LINE_AA)
    shift = turn * 0.25 * r
    for side in (-1, 1):
        eye = (int(x + side * 0.32 * r + shift), int(y - 0.1 * r))
        cv2.ellipse(image, eye, (int(0.13 * r), int(0.09 * r)), 0, 0, 360, (245, 245, 245), -1, cv2.LINE_AA)
        cv2.circle(image, eye, max(1, int(0.06 * r)), (40, 30, 20), -1, cv2.LINE_AA)
    cv2.line(
        image,
        (int(x + shift), int(y)),
        (int(x + 1.3 * shift), int(y + 0.25 * r)),
        tuple(int(c * 0.75) for c in skin),
        max(1, int(r / 22)),
        cv2.LINE_AA,
    )
    mouth = (int(x + shift), int(y + 0.42 * r))
    cv2.ellipse(
        image,
        mouth,
        (int(0.3 * r), max(1, int(abs(smile) * 0.22 * r))),
        0,
        0 if smile > 0 else 180,
        180 if smile > 0 else 360,
        (60, 50, 140),
        max(1, int(r / 18)),
        cv2.LINE_AA,
    )


def picture(number: int) -> bytes:
    """A picture of a face as PNG: its number says whose and how."""
    who, look = number % 100, number // 100
    image = np.full((112, 112, 3), (205 - 5 * (look % 9), 210, 200 + 4 * (look % 9)), np.uint8)
    draw_face(image, who, 56, 54, 40, math.sin(look * 1.7), math.cos(look * 2.3) * 0.8)
    return cv2.imencode(".png", image)[1].tobytes()


def places(camera: int, t: float) -> list[tuple[int, float, float, float]]:
    """Who is before a camera, and where: person, x, y, radius."""
    people = [[0, 1], [2], [3, 7, 4], [5]][camera % 4]
    wide = SIZE[1] / (len(people) + 1)
    return [
        (who, wide * (at + 1) + 30 * math.sin(t / 2 + who), 150 + 14 * math.sin(t + 2 * who), 52 - 4 * len(people))
        for at, who in enumerate(people)
    ]


def frame(camera: int, t: float) -> bytes:
    """A frame of a camera as JPEG."""
    rows = np.linspace(0, 1, SIZE[0])[:, None, None]
    image = np.repeat(70 + 90 * (1 - rows), SIZE[1], axis=1) * np.array([1.0, 0.96, 0.9 + 0.05 * camera])
    image = np.ascontiguousarray(image.astype(np.uint8))
    cv2.rectangle(image, (40, 40), (170, 200), (170, 160, 140), -1)
    for who, x, y, r in places(camera, t):
        draw_face(image, who, x, y, r, math.sin(t + who), math.sin(t / 3 + who))
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
