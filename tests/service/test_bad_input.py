"""What wants to do harm is refused in words, on every route that there is, and nobody else notices."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from tests.support.house import Admin, House
from tests.support.service import ORIGIN

from mien.service.problems import MEDIA_TYPE

LONG = 10_000
IN_PATHS = [
    *("%00", "a%00b", "..%2f..%2fetc%2fpasswd", "%2e%2e", "-1", "0", "9" * 5_000, "1e9", "%D9%A1", "%ED%A0%80"),
    *("a" * LONG, "person-" + "9" * 13, "'%20OR%201=1--", "%F0%9F%98%80", "%", "%zz", "nan", "null"),
]
IN_QUERIES = [
    *("\0", "-1", "0", "201", "9" * 400, "1e9", "٣", "NaN", "a" * LONG, "../..", "\U0010ffff", "%00", "9" * 17 + ".1"),
    *("1.1", "MDAwMS0wMS0wMVQwMDowMDowMCsyMzo1OSB4", "9999-12-31T23:59:59Z", "person-9999", "[]", "{}", "true"),
]
DEEP = 100_000
BODIES = [
    *(b"", b"null", b"[]", b"1", b'"x"', b"{", b"{]", b'{"a": NaN}', b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b"\x00"),
    *(b"[" * DEEP, b'{"a":' * DEEP, b"9" * 5_000, b'{"\\ud800": "\\udfff"}', b'{"a": 1, "a": 2}', b'{"": null}'),
]


@dataclass
class Admins:
    """A browser of an admin that comes back by itself."""

    admin: Admin
    client: TestClient

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, **more):
        """The answer to a request, which is none of a failure, and a problem where it is refused."""
        self.admin.comes_back()
        answer = self.client.request(method, path, headers={**self.admin.headers(), **(headers or {})}, **more)
        assert answer.status_code < 500, (method, path[:100], answer.text)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == MEDIA_TYPE and answer.json()["title"]
        return answer


@pytest.fixture(scope="module")
def admins(house: House) -> Iterator[Admins]:
    with TestClient(house.app, base_url=ORIGIN, raise_server_exceptions=False) as client:
        yield Admins(Admin(house), client)


def routes(house: House) -> list[tuple[str, str, dict]]:
    """Every method and path, and what its description says."""
    described = house.app.openapi()["paths"]
    return [(method, path, told) for path, methods in described.items() for method, told in methods.items()]


def parameters(told: dict, where: str) -> list[str]:
    return [one["name"] for one in told.get("parameters", ()) if one["in"] == where]


def bodies(told: dict) -> set[str]:
    return {*told.get("requestBody", {}).get("content", ())}


def test_whatever_stands_in_a_path_names_nobody(house, admins):
    asked = [(method, path) for method, path, told in routes(house) if parameters(told, "path")]
    assert asked
    for method, path in asked:
        for evil in IN_PATHS:
            filled = "/".join(evil if part.startswith("{") else part for part in path.split("/"))
            answer = admins.ask(method, filled)
            assert answer.status_code in (404, 405, 422), (method, filled[:100], answer.text)


def test_limits_cursors_and_filters_that_are_made_up_break_no_list(house, admins):
    asked = [
        (path, name) for method, path, told in routes(house) if method == "get" for name in parameters(told, "query")
    ]
    assert asked and {"limit", "after"} <= {name for _, name in asked}
    for path, name in asked:
        known = "/".join("person-0001" if part == "{person_id}" else part for part in path.split("/"))
        for evil in IN_QUERIES:
            answer = admins.ask("get", known, params={name: evil})
            if name == "limit":
                assert answer.status_code == 422, (path, evil)


def test_what_is_no_json_or_of_another_shape_is_refused(house, admins):
    asked = [(method, path) for method, path, told in routes(house) if "application/json" in bodies(told)]
    assert asked
    for method, path in asked:
        known = path.replace("{person_id}", "person-0001").replace("{account_id}", "9999")
        for evil in BODIES:
            kind = {"content-type": "application/json"}
            assert admins.ask(method, known, kind, content=evil).status_code < 500
        for kind in ("text/plain", "application/xml", "multipart/form-data", "application/json; charset=utf-7", ""):
            assert admins.ask(method, known, {"content-type": kind}, content=b'{"more": 1}').status_code in range(
                400, 500
            )


def bomb(kind: str) -> bytes:
    """A picture of few bytes and a great many pixels."""
    made = BytesIO()
    Image.new("1", (12_000, 12_000)).save(made, kind)
    return made.getvalue()


def cut(kind: str) -> bytes:
    made = BytesIO()
    Image.effect_noise((64, 64), 90).save(made, kind)
    return made.getvalue()[:-300]


PICTURES = {
    "empty": b"",
    "text": b"GIF89a and no more",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    "program": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run\n",
    "archive": b"PK\x03\x04" + bytes(500),
    "cut": cut("PNG"),
    "cut jpeg": cut("JPEG"),
    "bomb": bomb("PNG"),
    "wide": b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01\xff\xd9",
    "large": b"\x89PNG\r\n\x1a\n" + bytes(21 << 20),
}


def uploads(house: House) -> list[tuple[str, str, str, dict]]:
    """Every route that takes pictures: method, path, and under which name; with what else is needed."""
    schemas, found = house.app.openapi()["components"]["schemas"], []
    for method, path, told in routes(house):
        for sent in told.get("requestBody", {}).get("content", {}).values():
            shape = schemas.get(sent["schema"].get("$ref", "").rpartition("/")[2], {})
            for name, one in shape.get("properties", {}).items():
                if "contentMediaType" in one.get("items", one):
                    found.append((method, path, name, {one: "Eve" for one in shape["required"] if one != name}))
    return found


def there(admins: Admins, path: str) -> str:
    """A path at which there is something that takes pictures."""
    if "{import_id}" not in path:
        return path.replace("{person_id}", "person-0001")
    begun = admins.ask("post", "/api/v1/imports", json={"total": 1000}).json()
    return path.replace("{import_id}", begun["import_id"])


def leave(admins: Admins, path: str) -> None:
    """What was begun for a path ends."""
    begun, _, _ = path.partition("/pictures")
    if "/imports/" in begun:
        assert admins.ask("delete", begun).json()["people"] == 0


def test_hostile_pictures_are_refused_wherever_pictures_are_taken(house, admins):
    taking, before = uploads(house), len(house.stores.people.pictures())
    assert taking
    for method, path, name, more in taking:
        for what, content in PICTURES.items():
            known = there(admins, path)
            named = (f"..\\../\0{'x' * 300}/../{what}.png", content, "image/png")
            answer = admins.ask(method, known, files=[(name, named)], data=more)
            told = answer.json()
            assert answer.status_code == 413 or told.get("pictures") or answer.status_code < 300, answer.text
            assert "/etc" not in answer.text
            assert "../" not in answer.text or "is a backslash" in answer.text, "said back where refused"
            leave(admins, known)
        known = there(admins, path)
        many = admins.ask(method, known, files=[(name, ("a.png", b"x", "image/png"))] * 51, data=more)
        assert many.status_code == 422 and "50" in many.json()["detail"]
        leave(admins, known)
    assert len(house.stores.people.pictures()) == before and not house.stores.people.named("Eve")


FIELD = b'--b\r\ncontent-disposition: form-data; name="pictures"'
FORMS = [
    b"",
    b"--b--",
    b"--b\r\n\r\n\r\n--b--",
    FIELD + b'; filename="a"\r\ncontent-type: image/png\r\n\r\nnever ended',
    FIELD + b"\r\n\r\nno file\r\n--b--",
    FIELD + b"; filename*=utf-8''%00..%2f\r\n\r\nx\r\n--b--",
    (FIELD + b'; filename="a"\r\n\r\nx\r\n') * 500 + b"--b--",
    b"--b\r\n" + b"x: y\r\n" * 5_000 + b"\r\nz\r\n--b--",
]


def test_forms_that_are_broken_are_refused(house, admins):
    for method, path, _, _ in uploads(house):
        known = there(admins, path)
        for content in FORMS:
            for boundary in ("; boundary=b", "", "; boundary=", "; boundary=" + "b" * 300):
                kind = {"content-type": f"multipart/form-data{boundary}"}
                answer = admins.ask(method, known, kind, content=content)
                assert answer.status_code in (400, 422) or answer.json().get("refused"), answer.text
        leave(admins, known)
