"""Exports by the web: who may have them, what they are called, and that no request breaks them."""

from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.support.history import SeenHome
from tests.support.service import Known, browser, program, refused, service

from mien.settings import Settings
from mien.wiring.serving.history import build_exports
from mien.wiring.stores import build_stores


@pytest.fixture
def house(tmp_path: Path):
    with ExitStack() as stack:
        yield SeenHome(build_stores(Settings(home=tmp_path / "home"), stack), tmp_path / "home")


@pytest.fixture
def app(house):
    house.looked(house.person("Ann"), looks=30)
    return service(build_exports(Settings(home=house.home), house.stores, house.clock))


@pytest.mark.parametrize(
    ("path", "name", "kind"),
    [
        ("report", "report-20240424-20240501.html", "text/html; charset=utf-8"),
        ("readings", "readings-20240424-20240501.csv", "text/csv; charset=utf-8"),
        ("readings?format=jsonl&person=ann", "readings-20240424-20240501.jsonl", "application/jsonl"),
        ("events?format=parquet", "events-20240424-20240501.parquet", "application/vnd.apache.parquet"),
        (
            "emotion_results?from=2024-05-01T00:00:00Z&to=2024-05-01T02:00:05%2B02:00",
            "emotion_results-20240501-20240501.csv",
            "text/csv; charset=utf-8",
        ),
    ],
)
def test_a_file_is_handed_over_to_be_saved(app, path: str, name: str, kind: str):
    answer = browser(app, "operator").get(f"/api/v1/exports/{path}")
    assert answer.status_code == 200 and answer.content
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["content-type"] == kind
    if "emotion" in path:
        assert len(answer.text.splitlines()) == 1 + 5


def test_the_log_says_which_account_had_it(app, house):
    browser(app, "operator").get("/api/v1/exports/report?person=Ann")
    ((action, people, told),) = house.heard
    assert (action, people, told["exported"], told["format"]) == (
        "history.exported",
        ("person-0001",),
        "report",
        "html",
    )


def test_what_it_would_be_called_is_told_before_and_leaves_no_record(app, house):
    answer = browser(app, "operator").get("/api/v1/exports/readings?format=jsonl&dry_run=true")
    assert answer.json() == {"name": "readings-20240424-20240501.jsonl"}
    assert "content-disposition" not in answer.headers and house.heard == []
    assert refused(app, "GET", "/exports/report?dry_run=true", [None, "viewer", "operator"]) == [401, 403, 200]


def test_operators_may_and_keys_with_the_scope_of_exports(app, house):
    assert refused(app, "GET", "/exports/report", [None, "viewer", "operator", "admin"]) == [401, 403, 200, 200]
    known = Known()
    keyed = service(build_exports(Settings(home=house.home), house.stores, house.clock), credentials=known)
    path = "/api/v1/exports/events"
    assert program(keyed, known.key("operator", "privacy")).get(path).status_code == 200
    assert program(keyed, known.key("operator", "people", "read")).get(path).status_code == 403
    assert program(keyed, known.key("viewer", "privacy")).get(path).status_code == 403


@pytest.mark.parametrize(
    ("asked", "status", "told"),
    [
        ("report?person=Nobody", 404, "nobody named"),
        ("report?format=csv", 422, "is written as html"),
        ("report?from=2024-05-02T00:00:00Z", 422, "begins before it ends"),
        ("readings?from=2020-05-02T00:00:00Z", 422, "at most 366 days"),
        ("readings?from=0001-01-01T00:00:00%2B14:00&to=0001-01-02T00:00:00Z", 422, "too far from today"),
        ("readings?from=2024-05-02", 422, "shape"),
        ("pictures", 422, "shape"),
        ("events?colour=red", 422, "shape"),
        ("events?person=", 422, "shape"),
        ("events?person=%00", 422, ""),
        ("events?" + "&".join(["person=Ann"] * 51), 422, "shape"),
    ],
)
def test_what_cannot_be_written_is_refused_with_the_reason(app, house, asked: str, status: int, told: str):
    client = browser(app, "operator", raises=False)
    for more in ("", f"{'&' if '?' in asked else '?'}dry_run=true"):
        answer = client.get(f"/api/v1/exports/{asked}{more}")
        assert 400 <= answer.status_code < 500 and told in answer.json()["detail"]
        assert answer.status_code == status or not told
    assert house.heard == []
