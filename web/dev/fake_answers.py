"""What the fake service sees and measures."""

import math
import random
from datetime import UTC, datetime, timedelta

from drawn import NAMES, SIZE, places
from fake_data import LABELS, World, ago


def cameras(world: World) -> list:
    told = [
        ("door", "online", ""),
        ("hall", "online", ""),
        ("garden", "online", ""),
        ("workshop", "offline", "connection refused"),
    ]
    return (
        []
        if world.is_empty
        else [
            {
                "name": name,
                "state": state,
                "reason": reason,
                "online_s": 8150.0,
                "decoded_fps": 24.8,
                "analysed_fps": 9.6,
                "dropped": 1204,
                "reconnects": 1,
            }
            for name, state, reason in told
        ]
    )


def face(who: int, x: float, y: float, r: float, t: float, at: int) -> dict:
    weights = [math.exp(2.2 * math.sin(t / 3 + who * 2 + n * 1.3)) for n in range(len(LABELS))]
    probabilities = [one / sum(weights) for one in weights]
    best = max(range(len(LABELS)), key=probabilities.__getitem__)
    is_known = who < len(NAMES)
    return {
        "track_id": 10 + at,
        "box": [x - r * 0.95, y - r * 1.2, x + r * 0.95, y + r * 1.2],
        "landmarks": [],
        "detection_score": 0.9,
        "detection_source": "measured",
        "identity": "known" if is_known else "unknown",
        "person_id": f"person-{who + 1:04}" if is_known else f"unknown-{who + 1:04}",
        "person_name": NAMES[who] if is_known else "",
        "similarity": 0.62,
        "margin": 0.3,
        "emotion": LABELS[best],
        "confidence": probabilities[best],
        "emotion_labels": LABELS,
        "probabilities": probabilities,
        "emotion_smoothed": LABELS[best] if probabilities[best] > 0.3 else "",
        "quality": 0.81,
        "quality_reason": "",
        "identity_source": "measured",
        "emotion_source": "measured",
        "valence": math.sin(t / 3 + who),
        "arousal": 0.6 * math.cos(t / 2 + who),
        "valence_arousal_source": "measured",
        "liveness": "live",
        "liveness_score": 0.9,
        "liveness_reason": "",
        "pose": [0, 0, 0],
    }


def reading(camera: str, number: int, t: float, index: int) -> dict:
    faces = [face(*place, t, at) for at, place in enumerate(places(number, t))]
    return {
        "camera": camera,
        "index": index,
        "time_s": t,
        "width": SIZE[1],
        "height": SIZE[0],
        "latency_s": 0.084,
        "faces": faces,
    }


def analyzed(name: str) -> dict:
    return {"name": name, "width": SIZE[1], "height": SIZE[0], "faces": reading("", 0, 3.0, 0)["faces"], "problem": ""}


def timelines(world: World, asked) -> dict:
    lengths = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
    step = lengths[asked["span"]]
    begin, end = (datetime.fromisoformat(asked[key]) for key in ("from", "to"))
    start = datetime.fromtimestamp(begin.timestamp() // step.total_seconds() * step.total_seconds(), UTC)
    told = []
    for person_id in asked.getlist("person"):
        dice = random.Random(person_id)
        points, at = [], start
        while at < end and not world.is_empty:
            if dice.random() < 0.6:
                points.append({"at": at.isoformat()} | stretch(dice, dice.choice([4, 60, 200, 400])))
            at += step
        one = next((one for one in world.people if one["person_id"] == person_id), {"name": ""})
        told.append(
            {"person_id": person_id, "name": one["name"], "why_not": "", "whole": stretch(dice, 2400), "points": points}
        )
    apart = {
        "probabilities": {"happiness": 0.21, "neutral": -0.17, "anger": 0.04},
        "unsure": 0,
        "valence": 0.2,
        "arousal": 0.0,
        "distance": 0.24,
    }
    return {
        "span": asked["span"],
        "from": start.isoformat(),
        "to": end.isoformat(),
        "least_looks": 20,
        "why_not": "",
        "people": told,
        "group": {"whole": told[0]["whole"], "points": told[0]["points"]} if len(told) > 1 else None,
        "comparison": {"whole": apart, "points": []} if len(told) == 2 else None,
    }


def stretch(dice: random.Random, looks: int) -> dict:
    weights = [dice.random() ** 3 * (3 if n < 2 else 1) for n in range(8)]
    shares = {label: 0.92 * weight / sum(weights) for label, weight in zip(LABELS, weights, strict=True)}
    shown = {"probabilities": shares, "shares": shares, "unsure": 0.08, "valence": 0.21, "arousal": 0.1}
    return {"looks": looks, "people": 1, "is_sufficient": looks >= 20, "distribution": shown if looks >= 20 else None}


def models() -> list:
    told = [
        ("scrfd-500m", "detection", True),
        ("yunet", "detection", False),
        ("mobilefacenet", "recognition", True),
        ("edgeface-xs", "recognition", False),
        ("fer8-mobilefacenet", "emotion", True),
    ]
    return [
        {
            "name": name,
            "task": task,
            "is_used": used,
            "is_installed": used or name == "yunet",
            "licence": "Apache-2.0",
            "size_bytes": 2_500_000,
            "summary": "Finds faces of 16 px and more.",
            "source": "the package opencv, version 4.12",
            "sha256": "104ee26c71d5" * 5,
            "input": "640×640 BGR",
            "measured": [
                {"what": "average precision", "value": "0.86", "on": "WIDER FACE, hard"},
                {"what": "time per frame", "value": "11 ms", "on": "2 cores"},
            ],
            "limits": ["Faces that are turned by more than 70° are often missed."],
        }
        for name, task, used in told
    ]


def settings() -> list:
    told = [
        ("live.min_face_px", 24, 24, "default", True, False, "Smaller faces are left out."),
        ("live.mode", "fast", "exact", "mien.yaml", True, True, "How thoroughly faces are looked for."),
        ("live.is_mirrored", True, False, "app", False, False, "Whether pictures are shown as in a mirror."),
        ("privacy.purpose", "personal", "personal", "default", True, False, "What the deployment is for."),
        (
            "privacy.retention.events_days",
            90,
            90,
            "MIEN_PRIVACY__RETENTION__EVENTS_DAYS",
            False,
            False,
            "After so many days a purge removes events.",
        ),
        ("cameras", {"door": "rtsp://door"}, {}, "mien.yaml", True, False, "Cameras by name."),
    ]
    keys = ("key", "value", "default", "source", "needs_restart", "is_pending", "description")
    return [dict(zip(keys, one, strict=True)) for one in told]


def system(world: World) -> dict:
    timings = [
        {"stage": stage, "median_ms": ms, "p95_ms": 1.6 * ms}
        for stage, ms in (("decode", 2.1), ("detect", 11.4), ("recognise", 6.2), ("expression", 3.3))
    ]
    return {
        "version": "0.6.0",
        "started_at": ago(hours=5),
        "uptime_s": 18000,
        "cpu_percent": 46,
        "memory_bytes": 812_000_000,
        "disk_free_bytes": 81_000_000_000,
        "home": "/home/ada/.local/share/mien",
        "database": {"kind": "SQLite", "bytes": 9_400_000, "schema": "0007"},
        "live_clients": 2,
        "timings": [] if world.is_empty else timings,
        "cameras": cameras(world),
        "warnings": ["the disk will be full in 9 days at this rate"],
    }
