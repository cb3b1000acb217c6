"""Timelines by the web: what they tell, that they say why they do not, and that no request breaks them."""

import csv
import io
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.faces import ALL, HandClock
from tests.support.service import Known, browser, program, refused, service

from mien.domain.people.consent import NewConsent
from mien.domain.readings import FaceReading, FrameReading
from mien.settings import Settings
from mien.store.journal import PersonMerged
from mien.wiring.serving.history import build_timelines
from mien.wiring.stores import Stores, build_audit, build_stores

_IDENTITY = ("known", "", "", 0.5, 0.5)
_SHOWN = ("fear", 0.75, ("neutral", "fear"), (0.25, 0.75), "fear")
FEAR = FaceReading(1, (0, 0, 9, 9), (), 0.9, "measured", *_IDENTITY, *_SHOWN, 0.5, "", "measured", "measured")
CALM = replace(FEAR, emotion="neutral", probabilities=(1.0, 0.0))


class House:
    """A home in which people are seen, and the service over it."""

    def __init__(self, stores: Stores, settings: Settings) -> None:
        self.stores, self.settings, self.clock = stores, settings, HandClock()

    def person(self, name: str, face: FaceReading = FEAR, looks: int = 60, consent: NewConsent = ALL) -> str:
        """Somebody who was seen once a second from now on."""
        person_id = self.stores.people.add_person(name, [], self.clock.now(), consent).person_id
        run = self.stores.readings.start_run("door", self.clock.now())
        shown = (replace(face, person_id=person_id),)
        self.stores.readings.append(run, [FrameReading("door", n, n, 9, 9, 0, shown) for n in range(looks)])
        self.clock.passed_s += looks
        return person_id

    def app(self, credentials: Known | None = None, **privacy: str):
        settings = Settings(home=self.settings.home, privacy=privacy) if privacy else self.settings
        return service(build_timelines(settings, self.stores, self.clock), credentials=credentials)

    def get(self, path: str = "/timelines", *people: str, **more: str):
        asked = [*(("person", one) for one in people), *more.items()]
        return browser(self.app(), "operator").get(f"/api/v1{path}", params=asked)


@pytest.fixture
def house(tmp_path: Path):
    settings = Settings(home=tmp_path / "home")
    with ExitStack() as stack:
        yield House(build_stores(settings, stack), settings)


def test_a_timeline_tells_what_somebody_appeared_to_show(house):
    ann = house.person("Ann Lee", looks=90)

    told = house.get("/timelines", "ann lee", span="minute").json()

    (line,) = told["people"]
    assert (line["person_id"], line["name"], line["why_not"], told["why_not"]) == (ann, "Ann Lee", "", "")
    assert [(one["at"], one["looks"], one["is_sufficient"]) for one in line["points"]] == [
        ("2024-05-01T00:00:00Z", 60, True),
        ("2024-05-01T00:01:00Z", 30, True),
    ]
    shown = {"probabilities": {"neutral": 0.25, "fear": 0.75}, "shares": {"neutral": 0, "fear": 1}, "unsure": 0}
    assert line["whole"]["distribution"] == {**shown, "valence": None, "arousal": None}
    assert (told["span"], told["group"], told["comparison"], told["least_looks"]) == ("minute", None, None, 20)
    assert (told["from"], told["to"]) == ("2024-04-30T18:02:00Z", "2024-05-01T00:02:00Z")


def test_of_a_time_before_minutes_are_kept_it_is_told_hour_by_hour_and_says_so(house):
    house.person("Ann", looks=90)
    began = {"from": "2024-05-01T00:00:30Z", "to": "2024-05-01T02:00:00Z"}
    recent = house.get("/timelines", "Ann", span="minute", **began).json()
    assert (recent["span"], recent["coarser"], len(recent["people"][0]["points"])) == ("minute", "", 2)
    house.clock.passed_s = 30 * 86_400 + 60

    told = house.get("/timelines", "Ann", span="minute", **began).json()

    assert (told["span"], told["coarser"]) == ("hour", "minutes are kept for 30 days: it is told hour by hour")
    assert (told["from"], told["to"]) == ("2024-05-01T00:00:00Z", "2024-05-01T02:00:00Z")
    assert [(one["at"], one["looks"]) for one in told["people"][0]["points"]] == [("2024-05-01T00:00:00Z", 90)]
    assert house.get("/timelines", "Ann", span="hour", **began).json()["coarser"] == ""
    year = house.get("/timelines", "Ann", span="minute", **{**began, "from": "2023-05-01T00:00:00Z"})
    assert year.status_code == 200 and year.json()["span"] == "hour"


def test_too_few_looks_are_told_as_such_and_as_nothing_else(house):
    house.person("Ann", looks=19)
    whole = house.get("/timelines", "Ann").json()["people"][0]["whole"]
    assert whole == {"looks": 19, "people": 1, "is_sufficient": False, "distribution": None}


def test_several_are_a_group_in_which_nobody_dominates_and_two_are_compared(house):
    ann, bob = house.person("Ann", FEAR, 600), house.person("Bob", CALM, 20)
    told = house.get("/timelines", ann, "Bob", "ANN").json()
    assert [one["person_id"] for one in told["people"]] == [ann, bob]
    assert told["group"]["whole"]["distribution"]["probabilities"] == {"neutral": 0.625, "fear": 0.375}
    assert told["group"]["points"][0]["people"] == 2
    assert told["comparison"]["whole"]["probabilities"] == {"neutral": 0.75, "fear": -0.75}
    assert told["comparison"]["points"][0]["distance"] == 0.75
    house.person("Cy", CALM, 20)
    assert house.get("/timelines", "Ann", "Bob", "Cy").json()["comparison"] is None


def test_the_table_tells_how_two_differ_where_there_is_enough_of_both(house):
    house.person("Ann", FEAR, 60), house.person("Bob", CALM, 40)
    table = house.get("/timelines/export", "Ann", "Bob", span="hour").text
    (apart,) = [row for row in csv.DictReader(io.StringIO(table)) if row["of"] == "difference"]
    told = {name: apart[name] for name in ("name", "person_id", "begins_at", "looks", "people", "evidence", "unsure")}
    assert told == {
        "name": "",
        "person_id": "",
        "begins_at": "2024-05-01T00:00:00+00:00",
        "looks": "100",
        "people": "2",
        "evidence": "sufficient",
        "unsure": "0.0",
    }
    assert (apart["neutral_prob"], apart["fear_prob"], apart["fear_share"]) == ("0.75", "-0.75", "")
    house.person("Cy", CALM, 40)
    assert "difference" not in house.get("/timelines/export", "Ann", "Bob", "Cy", span="hour").text


def test_who_is_merged_is_told_of_as_one(house):
    ann, bob = house.person("Ann", FEAR, 15), house.person("Bob", FEAR, 15)
    house.stores.journal.apply("person.merged", [PersonMerged(bob, ann)], house.clock.now())
    for who in (ann, bob):
        (line,) = house.get("/timelines", who).json()["people"]
        assert (line["person_id"], line["whole"]["looks"], line["whole"]["people"]) == (ann, 30, 1)


def test_where_there_is_nothing_it_says_why(house):
    house.person("Ann", consent=NewConsent(frozenset({"identify", "keep"}), "1", "form"))
    house.person("Bob", looks=0)
    ann, bob = house.get("/timelines", "Ann", "Bob").json()["people"]
    assert "does not consent to having expressions read" in ann["why_not"] and ann["points"] == []
    assert "no expression of 'Bob'" in bob["why_not"]


@pytest.mark.parametrize("purpose", ["workplace", "education"])
def test_where_expressions_may_not_be_inferred_nothing_is_shown_and_the_law_is_named(house, purpose):
    house.person("Ann")
    forbidden = browser(house.app(purpose=purpose), "operator")
    told = forbidden.get("/api/v1/timelines", params={"person": "Ann"}).json()
    assert "EU AI Act, art. 5(1)(f)" in told["why_not"] and told["people"][0]["points"] == []
    assert told["people"][0]["whole"]["looks"] == 0
    table = forbidden.get("/api/v1/timelines/export", params={"person": "Ann"}).text
    assert len(table.splitlines()) == 1
    allowed = browser(house.app(purpose=purpose, basis="safety", reference="of May"), "viewer")
    assert allowed.get("/api/v1/timelines", params={"person": "Ann"}).json()["people"][0]["points"]


def test_the_table_holds_the_same_and_no_spreadsheet_runs_it(house):
    house.person("=HYPERLINK(1)", FEAR, 60), house.person("Bob", CALM, 5)
    answer = house.get("/timelines/export", "=HYPERLINK(1)", "Bob", span="hour")
    assert answer.headers["content-type"].startswith("text/csv") and "timelines.csv" in str(answer.headers)
    one, other, group, apart = csv.DictReader(io.StringIO(answer.text))
    assert (one["name"], one["looks"], one["evidence"], one["fear_prob"]) == (
        "'=HYPERLINK(1)",
        "60",
        "sufficient",
        "0.75",
    )
    assert (one["begins_at"], one["fear_share"], one["valence"]) == ("2024-05-01T00:00:00+00:00", "1.0", "")
    assert (other["evidence"], other["looks"], other["fear_prob"], other["unsure"]) == ("insufficient", "5", "", "")
    assert (group["of"], group["name"], group["people"]) == ("group", "", "1")
    assert (apart["of"], apart["looks"], apart["evidence"], apart["fear_prob"]) == (
        "difference",
        "65",
        "insufficient",
        "",
    )


def test_a_table_that_was_handed_out_is_on_record_and_a_look_is_not(house):
    ann, bob = house.person("Ann"), house.person("Bob")
    house.get("/timelines", "Ann")
    house.get("/timelines/export", "Nobody")
    assert exported(house) == []
    house.get("/timelines/export", "Bob", "ann", span="hour", **{"from": "2024-05-01T00:30:00Z"})
    told = {"exported": "timelines", "format": "csv", "whom": "chosen", "cameras": "all"}
    time = {"begins": "2024-05-01T00:00:00+00:00", "ends": "2024-05-01T01:00:00+00:00"}
    assert exported(house) == [((bob, ann), {**told, **time})]


def exported(house: House) -> list[tuple[tuple[str, ...], dict[str, object]]]:
    entries = build_audit(house.stores, house.clock).entries()
    return [(one.people, dict(one.facts)) for one in entries if one.action == "history.exported"]


@pytest.mark.parametrize(
    ("path", "least", "scope", "statuses"),
    [
        ("/timelines", "viewer", "read", [401, 200, 200, 200]),
        ("/timelines/export", "operator", "privacy", [401, 403, 200, 200]),
    ],
)
def test_who_may_look_who_may_take_it_along_and_what_is_refused(house, path, least, scope, statuses):
    house.person("Ann")
    assert refused(house.app(), "GET", f"{path}?person=Ann", [None, "viewer", "operator", "admin"]) == statuses
    known = Known()
    asked = f"/api/v1{path}?person=Ann"
    assert program(house.app(known), known.key(least, scope)).get(asked).status_code == 200
    assert program(house.app(known), known.key(least, "people")).get(asked).status_code == 403
    other = "read" if scope == "privacy" else "privacy"
    assert program(house.app(known), known.key(least, other)).get(asked).status_code == 403


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 422),
        ("person=", 422),
        ("person=%20", 409),
        ("person=Nobody", 404),
        ("person=%00", 409),
        ("person=" + "x" * 201, 422),
        ("&".join(["person=Ann"] * 51), 422),
        ("person=Ann&span=year", 422),
        ("person=Ann&from=soon", 422),
        ("person=Ann&from=2024-05-01T00:00:00", 422),
        ("person=Ann&from=0001-01-01T00:00:00%2B14:00", 422),
        ("person=Ann&to=9999-12-31T23:59:59Z", 422),
        ("person=Ann&to=0001-01-01T00:00:00Z", 422),
        ("person=Ann&from=2024-05-02T00:00:00Z&to=2024-05-01T00:00:00Z", 422),
        ("person=Ann&span=minute&from=2024-04-05T00:00:00Z", 422),
        ("person=Ann&more=1", 422),
    ],
)
def test_bad_requests_are_answered_and_never_by_a_failure(house, query, status):
    house.person("Ann", looks=0)
    answer = browser(house.app(), "viewer", raises=False).get(f"/api/v1/timelines?{query}")
    assert answer.status_code == status and answer.headers["content-type"] == "application/problem+json", answer.text
    assert answer.json()["status"] == status


def test_what_is_answered_is_what_is_described(house):
    house.person("Ann")
    app = house.app()
    described = app.openapi()["paths"]["/api/v1/timelines"]["get"]
    assert {one["name"] for one in described["parameters"]} == {"person", "span", "from", "to"}
    assert app.openapi()["paths"]["/api/v1/timelines/export"]["get"]["responses"]["200"]["content"].keys() == {
        "text/csv"
    }
    more = {"from": "2024-05-01T00:00:00Z", "to": str((house.clock.now() + timedelta(days=1)).isoformat())}
    assert house.get("/timelines", "Ann", **more).json()["from"] == "2024-05-01T00:00:00Z"
