"""What the fake service tells."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from drawn import NAMES

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
        self.accounts = [
            account(1, "admin", "admin"),
            account(2, "Grace", "operator"),
            account(3, "front desk", "viewer"),
        ]
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
            {
                "number": 40 - at,
                "at": ago(hours=at * 3),
                "actor": f"account:{at % 3}",
                "action": actions[at % 5],
                "people": [f"person-000{at % 6 + 1}"],
                "facts": {"pictures": 10 - at % 4},
                "hash": "0" * 64,
            }
            for at in range(20)
        ]
        self.keys = [
            {
                "key_id": 1,
                "account_id": 1,
                "label": "door opener",
                "begins": "mien_3f9a",
                "scopes": ["read"],
                "created_at": ago(days=9),
                "expires_at": None,
                "used_at": ago(hours=2),
            }
        ]

    def person(self, person_id: str) -> dict | None:
        one = next((one for one in self.people if one["person_id"] == person_id), None)
        more = {
            "consents": ["expression", "identify", "keep"],
            "visits": 14,
            "first_seen_at": ago(days=20),
            "last_seen_at": ago(hours=3),
        }
        return one and one | more

    def pictures(self, person_id: str) -> list:
        who = int(person_id[-4:]) - 1
        states = ["active"] * 5 + ["set_aside", "binned", "active"]
        return [
            {
                "picture_id": 100 * (at + 1) + who,
                "person_id": person_id,
                "state": state,
                "state_at": None,
                "quality": 0.93 - at * 0.07,
                "origin": f"door:{at * 7}" if at else "portrait-in-the-garden.jpg",
                "is_stored": at != 3,
                "created_at": ago(days=at),
            }
            for at, state in enumerate(states)
        ]

    def sightings(self, person_id: str) -> list:
        return [
            {
                "sighting_id": at,
                "camera": ["door", "hall"][at % 2],
                "track_id": at,
                "identity": "known",
                "similarity": 0.6,
                "began_at": ago(hours=5 * at + 1),
                "ended_at": ago(hours=5 * at + 0.9 - at % 3 * 0.2),
            }
            for at in range(0 if self.is_empty else 12)
        ]

    def consents(self, person_id: str) -> dict:
        card = {
            "version": "mien-app-1",
            "evidence": "signed form of 3 May",
            "given_at": ago(days=20),
            "expires_at": None,
            "withdrawn_at": None,
            "is_valid": True,
            "is_declared": False,
        }
        record = [card | {"scope": scope} for scope in ("identify", "expression", "keep")]
        record.append(card | {"scope": "keep", "given_at": ago(days=90), "withdrawn_at": ago(days=40)})
        return {"person_id": person_id, "kind": "enrolled", "valid": ["identify"], "record": record}


def account(number: int, name: str, role: str) -> dict:
    return {
        "account_id": number,
        "name": name,
        "role": role,
        "created_at": ago(days=30),
        "person_id": "",
        "is_enabled": number != 3,
        "allows_face": False,
        "has_password": True,
    }


def person(at: int, name: str) -> dict:
    kind = "person" if name else "unknown"
    return {
        "person_id": f"{kind}-{at + 1:04}",
        "name": name,
        "kind": "enrolled" if name else "stranger",
        "standing": "active",
        "merged_into": "",
        "pictures": 6,
        "templates": 12,
        "stored": 5,
        "best_picture": None if at == 3 else 100 + at,
        "is_recognised": True,
        "why_not": None,
        "created_at": ago(days=30 + at),
    }


def stranger(at: int) -> dict:
    alike = (
        [
            {
                "person_id": f"person-{at % 5 + 1:04}",
                "name": NAMES[at % 5],
                "similarity": 0.34,
                "best_picture": 100 + at % 5,
            }
        ]
        if at % 3
        else []
    )
    return {
        "person_id": f"unknown-{at + 1:04}",
        "standing": "active",
        "pictures": [100 * (n + 1) + at for n in range(at % 4 + 1)],
        "stored": 3,
        "best_picture": 100 + at,
        "best_quality": 0.8,
        "templates": 3,
        "visits": at % 5 + 1,
        "first_seen_at": ago(days=1),
        "last_seen_at": ago(minutes=17 * at),
        "people": alike,
        "strangers": [],
        "apart": [],
    }


def event(at: int, kind: str) -> dict:
    who = {
        "person_seen": (NAMES[at % 6], f"person-{at % 6 + 1:04}"),
        "stranger_seen": ("", f"unknown-{at % 5 + 8:04}"),
    }.get(kind, ("", None))
    return {
        "event_id": str(at),
        "kind": kind,
        "at": ago(minutes=47 * at),
        "camera": ["door", "hall", "garden"][at % 3],
        "person_name": who[0],
        "person_id": who[1],
        "track_id": at,
        "similarity": 0.61 if who[0] else None,
        "liveness_score": 0.12 if kind == "spoof_suspected" else None,
        "reason": "no frame for 10 s" if kind == "camera_lost" else None,
        "outage_s": 75.0 if kind == "camera_recovered" else None,
    }
