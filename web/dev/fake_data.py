"""What the fake service tells."""

import math
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from drawn import NAMES, SIZE, places

LABELS = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"]
NOW = datetime.now(UTC)


def ago(**span: float) -> str:
    return (NOW - timedelta(**span)).isoformat()


@dataclass
class World:
    is_empty: bool = False
    needs_setup: bool = False
    people: list = field(default_factory=list)
    strangers: list = field(default_factory=list)
    events: list = field(default_factory=list)
    audit: list = field(default_factory=list)
    accounts: list = field(default_factory=list)
    keys: list = field(default_factory=list)

    def __post_init__(self) -> None:
        self.accounts = [account(1, "admin", "admin"), account(2, "Grace", "operator"), account(3, "front desk", "viewer")]
        if self.is_empty:
            return
        self.people = [person(at, name) for at, name in enumerate(NAMES)] + [person(at, "") for at in range(7, 12)]
        self.people[5] |= {"is_recognised": False, "why_not": "put_away"}
        self.people[4] |= {"standing": "hidden"}
        self.strangers = [stranger(at) for at in range(7, 15)]
        kinds = ["person_seen", "stranger_seen", "person_seen", "spoof_suspected", "camera_lost", "camera_recovered"]
        self.events = [event(at, kinds[at % len(kinds)]) for at in range(40)]
        actions = ["person.enrolled", "consent.given", "account.entered", "person.renamed", "person.forgotten"]
        self.audit = [
            {"number": 40 - at, "at": ago(hours=at * 3), "actor": f"account:{at % 3}", "action": actions[at % 5], "people": [f"person-000{at % 6 + 1}"], "facts": {"pictures": 10 - at % 4}, "hash": "0" * 64}
            for at in range(20)
        ]
        self.keys = [{"key_id": 1, "account_id": 1, "label": "door opener", "begins": "mien_3f9a", "scopes": ["read"], "created_at": ago(days=9), "expires_at": None, "used_at": ago(hours=2)}]

    def person(self, person_id: str) -> dict | None:
        one = next((one for one in self.people if one["person_id"] == person_id), None)
        more = {"consents": ["expression", "identify", "keep"], "visits": 14, "first_seen_at": ago(days=20), "last_seen_at": ago(hours=3)}
        return one and one | more

    def pictures(self, person_id: str) -> list:
        who = int(person_id[-4:]) - 1
        states = ["active"] * 5 + ["set_aside", "binned", "active"]
        return [
            {"picture_id": 100 * (at + 1) + who, "person_id": person_id, "state": state, "state_at": None, "quality": 0.93 - at * 0.07, "origin": f"door:{at * 7}" if at else "portrait-in-the-garden.jpg", "is_stored": at != 3, "created_at": ago(days=at)}
            for at, state in enumerate(states)
        ]

    def sightings(self, person_id: str) -> list:
        return [
            {"sighting_id": at, "camera": ["door", "hall"][at % 2], "track_id": at, "identity": "known", "similarity": 0.6, "began_at": ago(hours=5 * at + 1), "ended_at": ago(hours=5 * at + 0.9 - at % 3 * 0.2)}
            for at in range(0 if self.is_empty else 12)
        ]

    def consents(self, person_id: str) -> dict:
        card = {"version": "mien-app-1", "evidence": "signed form of 3 May", "given_at": ago(days=20), "expires_at": None, "withdrawn_at": None, "is_valid": True, "is_declared": False}
        record = [card | {"scope": scope} for scope in ("identify", "expression", "keep")]
        record.append(card | {"scope": "keep", "given_at": ago(days=90), "withdrawn_at": ago(days=40)})
        return {"person_id": person_id, "kind": "enrolled", "valid": ["identify"], "record": record}


def account(number: int, name: str, role: str) -> dict:
    return {"account_id": number, "name": name, "role": role, "created_at": ago(days=30), "person_id": "", "is_enabled": number != 3, "allows_face": False, "has_password": True}


def person(at: int, name: str) -> dict:
    kind = "person" if name else "unknown"
    return {"person_id": f"{kind}-{at + 1:04}", "name": name, "kind": "enrolled" if name else "stranger", "standing": "active", "merged_into": "", "pictures": 6, "templates": 12, "stored": 5, "best_picture": None if at == 3 else 100 + at, "is_recognised": True, "why_not": None, "created_at": ago(days=30 + at)}


def stranger(at: int) -> dict:
    alike = [{"person_id": f"person-{at % 5 + 1:04}", "name": NAMES[at % 5], "similarity": 0.34, "best_picture": 100 + at % 5}] if at % 3 else []
    return {"person_id": f"unknown-{at + 1:04}", "standing": "active", "pictures": [100 * (n + 1) + at for n in range(at % 4 + 1)], "stored": 3, "best_picture": 100 + at, "best_quality": 0.8, "templates": 3, "visits": at % 5 + 1, "first_seen_at": ago(days=1), "last_seen_at": ago(minutes=17 * at), "people": alike, "strangers": [], "apart": []}


def event(at: int, kind: str) -> dict:
    who = {"person_seen": (NAMES[at % 6], f"person-{at % 6 + 1:04}"), "stranger_seen": ("", f"unknown-{at % 5 + 8:04}")}.get(kind, ("", None))
    return {"event_id": str(at), "kind": kind, "at": ago(minutes=47 * at), "camera": ["door", "hall", "garden"][at % 3], "person_name": who[0], "person_id": who[1], "track_id": at, "similarity": 0.61 if who[0] else None, "liveness_score": 0.12 if kind == "spoof_suspected" else None, "reason": "no frame for 10 s" if kind == "camera_lost" else None, "outage_s": 75.0 if kind == "camera_recovered" else None}


def cameras(world: World) -> list:
    told = [("door", "online", ""), ("hall", "online", ""), ("garden", "online", ""), ("workshop", "offline", "connection refused")]
    return [] if world.is_empty else [
        {"name": name, "state": state, "reason": reason, "online_s": 8150.0, "decoded_fps": 24.8, "analysed_fps": 9.6, "dropped": 1204, "reconnects": 1}
        for name, state, reason in told
    ]


def face(who: int, x: float, y: float, r: float, t: float, at: int) -> dict:
    weights = [math.exp(2.2 * math.sin(t / 3 + who * 2 + n * 1.3)) for n in range(len(LABELS))]
    probabilities = [one / sum(weights) for one in weights]
    best = max(range(len(LABELS)), key=probabilities.__getitem__)
    is_known = who < len(NAMES)
    return {
        "track_id": 10 + at, "box": [x - r * 0.95, y - r * 1.2, x + r * 0.95, y + r * 1.2], "landmarks": [], "detection_score": 0.9, "detection_source": "measured",
        "identity": "known" if is_known else "unknown", "person_id": f"person-{who + 1:04}" if is_known else f"unknown-{who + 1:04}", "person_name": NAMES[who] if is_known else "", "similarity": 0.62, "margin": 0.3,
        "emotion": LABELS[best], "confidence": probabilities[best], "emotion_labels": LABELS, "probabilities": probabilities, "emotion_smoothed": LABELS[best] if probabilities[best] > 0.3 else "",
        "quality": 0.81, "quality_reason": "", "identity_source": "measured", "emotion_source": "measured", "valence": math.sin(t / 3 + who), "arousal": 0.6 * math.cos(t / 2 + who), "valence_arousal_source": "measured",
        "liveness": "live", "liveness_score": 0.9, "liveness_reason": "", "pose": [0, 0, 0],
    }


def reading(camera: str, number: int, t: float, index: int) -> dict:
    faces = [face(*place, t, at) for at, place in enumerate(places(number, t))]
    return {"camera": camera, "index": index, "time_s": t, "width": SIZE[1], "height": SIZE[0], "latency_s": 0.084, "faces": faces}


def analyzed(name: str) -> dict:
    return {"name": name, "width": SIZE[1], "height": SIZE[0], "faces": reading("", 0, 3.0, 0)["faces"], "problem": ""}


def timelines(world: World, asked) -> dict:
    lengths = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
    step = lengths[asked["span"]]
    begin, end = (datetime.fromisoformat(asked[key]) for key in ("from", "to"))
    start = datetime.fromtimestamp(begin.timestamp() // step.total_seconds() * step.total_seconds(), UTC)
    told = []
    for person_id in asked.getlist("person"):
        dice = random.Random(person_id)  # noqa: S311
        points, at = [], start
        while at < end and not world.is_empty:
            if dice.random() < 0.6:
                points.append({"at": at.isoformat()} | stretch(dice, dice.choice([4, 60, 200, 400])))
            at += step
        one = next((one for one in world.people if one["person_id"] == person_id), {"name": ""})
        told.append({"person_id": person_id, "name": one["name"], "why_not": "", "whole": stretch(dice, 2400), "points": points})
    apart = {"probabilities": {"happiness": 0.21, "neutral": -0.17, "anger": 0.04}, "unsure": 0, "valence": 0.2, "arousal": 0.0, "distance": 0.24}
    return {
        "span": asked["span"], "from": start.isoformat(), "to": end.isoformat(), "least_looks": 20, "why_not": "", "people": told,
        "group": {"whole": told[0]["whole"], "points": told[0]["points"]} if len(told) > 1 else None,
        "comparison": {"whole": apart, "points": []} if len(told) == 2 else None,
    }


def stretch(dice: random.Random, looks: int) -> dict:
    weights = [dice.random() ** 3 * (3 if n < 2 else 1) for n in range(8)]
    shares = {label: 0.92 * weight / sum(weights) for label, weight in zip(LABELS, weights, strict=True)}
    shown = {"probabilities": shares, "shares": shares, "unsure": 0.08, "valence": 0.21, "arousal": 0.1}
    return {"looks": looks, "people": 1, "is_sufficient": looks >= 20, "distribution": shown if looks >= 20 else None}


def models() -> list:
    told = [("scrfd-500m", "detection", True), ("yunet", "detection", False), ("mobilefacenet", "recognition", True), ("edgeface-xs", "recognition", False), ("fer8-mobilefacenet", "emotion", True)]
    return [
        {"name": name, "task": task, "is_used": used, "is_installed": used or name == "yunet", "licence": "Apache-2.0", "size_bytes": 2_500_000, "summary": "Finds faces of 16 px and more.", "source": "the package opencv, version 4.12", "sha256": "104ee26c71d5" * 5, "input": "640×640 BGR", "measured": [{"what": "average precision", "value": "0.86", "on": "WIDER FACE, hard"}, {"what": "time per frame", "value": "11 ms", "on": "2 cores"}], "limits": ["Faces that are turned by more than 70° are often missed."]}
        for name, task, used in told
    ]


def settings() -> list:
    told = [
        ("live.min_face_px", 24, 24, "default", True, False, "Smaller faces are left out."),
        ("live.mode", "fast", "exact", "mien.yaml", True, True, "How thoroughly faces are looked for."),
        ("live.is_mirrored", True, False, "app", False, False, "Whether pictures are shown as in a mirror."),
        ("privacy.purpose", "personal", "personal", "default", True, False, "What the deployment is for."),
        ("privacy.retention.events_days", 90, 90, "MIEN_PRIVACY__RETENTION__EVENTS_DAYS", False, False, "After so many days a purge removes events."),
        ("cameras", {"door": "rtsp://door"}, {}, "mien.yaml", True, False, "Cameras by name."),
    ]
    keys = ("key", "value", "default", "source", "needs_restart", "is_pending", "description")
    return [dict(zip(keys, one, strict=True)) for one in told]


def system(world: World) -> dict:
    timings = [{"stage": stage, "median_ms": ms, "p95_ms": 1.6 * ms} for stage, ms in (("decode", 2.1), ("detect", 11.4), ("recognise", 6.2), ("expression", 3.3))]
    return {"version": "0.6.0", "started_at": ago(hours=5), "uptime_s": 18000, "cpu_percent": 46, "memory_bytes": 812_000_000, "disk_free_bytes": 81_000_000_000, "home": "/home/ada/.local/share/mien", "database": {"kind": "SQLite", "bytes": 9_400_000, "schema": "0007"}, "live_clients": 2, "timings": [] if world.is_empty else timings, "cameras": cameras(world), "warnings": ["the disk will be full in 9 days at this rate"]}
