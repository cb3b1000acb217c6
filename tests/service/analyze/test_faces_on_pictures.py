"""Pictures are asked about by the web: every face with name and apparent expression, and nothing is kept."""

from io import BytesIO

import pytest
from PIL import Image
from tests.service.analyze.conftest import plain, send, written
from tests.support.service import browser, service

from mien.api import Analyzer
from mien.domain.errors import ModelUnavailable
from mien.service.analyze.routes import build

ORIENTATION, TURNED_RIGHT = 0x0112, 6


def test_every_face_is_told_with_name_and_apparent_expression(desk, ada):
    desk.enrol("Ada", ada, "identify", "expression")
    known, empty = desk.ask(("holiday/ada.png", ada), ("wall.png", written(plain(300, 200))))
    (face,) = known["faces"]
    assert (known["name"], known["width"], known["height"], known["problem"]) == ("ada.png", 512, 512, "")
    assert (face["identity"], face["person_name"], face["person_id"]) == ("known", "Ada", "person-0001")
    assert sum(face["probabilities"]) == pytest.approx(1, abs=1e-4) and face["emotion"] in face["emotion_labels"]
    assert face["quality"] > 0.5 and face["liveness"] == ""
    assert empty == {"name": "wall.png", "width": 300, "height": 200, "faces": [], "problem": ""}


def test_it_is_what_the_command_and_the_library_tell(desk, ada, tmp_path):
    desk.enrol("Ada", ada, "identify", "expression")
    (tmp_path / "ada.png").write_bytes(ada)
    with Analyzer(desk.assembly.settings) as analyzer:
        (wanted,) = analyzer.picture(tmp_path / "ada.png")
    ((face,),) = [one["faces"] for one in desk.ask(("ada.png", ada))]
    told = ("track_id", "person_name", "emotion", "identity")
    assert [face[key] for key in told] == [getattr(wanted, key) for key in told]
    assert face["box"] == pytest.approx(wanted.box, abs=0.01) and face["similarity"] == pytest.approx(wanted.similarity)
    assert face["probabilities"] == pytest.approx(wanted.probabilities, abs=1e-6)


def test_a_picture_that_was_taken_sideways_is_looked_at_upright(desk, ada):
    exif = Image.Exif()
    exif[ORIENTATION] = TURNED_RIGHT
    with Image.open(BytesIO(ada)) as image:
        lying = image.convert("RGB").crop((0, 0, 512, 400)).rotate(90, expand=True)
    told, plainly = desk.ask(
        ("1.jpg", written(lying, "JPEG", exif=exif, quality=95)), ("2.jpg", written(lying, "JPEG", quality=95))
    )
    assert (told["width"], told["height"]) == (512, 400) and (plainly["width"], plainly["height"]) == (400, 512)
    ((x1, y1, x2, y2),) = [face["box"] for face in told["faces"]]
    ((want_x1, want_y1, *_),) = [face["box"] for face in desk.ask(("ada.png", ada))[0]["faces"]]
    assert x1 == pytest.approx(want_x1, abs=8) and y1 == pytest.approx(want_y1, abs=8) and x2 > x1 and y2 > y1


def test_who_does_not_consent_to_it_is_shown_no_expression_of(desk, ada):
    desk.enrol("Ada", ada, "identify")
    (face,) = desk.ask(("ada.png", ada))[0]["faces"]
    assert face["person_name"] == "Ada" and face["probabilities"] == [] and face["emotion"] == ""
    assert face["valence_arousal_source"] == ""


def test_where_the_purpose_forbids_it_there_are_no_expressions(open_desk, ada):
    desk = open_desk(privacy={"purpose": "workplace"})
    desk.enrol("Ada", ada, "identify", "expression")
    (face,) = desk.ask(("ada.png", ada))[0]["faces"]
    assert face["person_name"] == "Ada" and face["probabilities"] == [] and face["emotion"] == ""


def test_liveness_is_told_where_it_is_judged(judging_desk, ada):
    (face,) = judging_desk.ask(("ada.png", ada))[0]["faces"]
    assert face["liveness"] in ("live", "spoof") and 0 < face["liveness_score"] <= 1


def test_nothing_is_kept(desk, ada):
    desk.ask(("ada.png", ada), ("again.png", ada))
    (face,) = desk.ask(("ada.png", ada))[0]["faces"]
    assert face["identity"] == "unknown" and face["person_id"] == "", "who is asked about becomes no stranger"
    stores = desk.stores
    assert not stores.people.people(everybody=True) and not [*stores.media.names()]
    assert not stores.sightings.latest(9) and not stores.readings.runs()


def moving(kind: str) -> bytes:
    return written(plain(64, 64), kind, save_all=True, append_images=[Image.new("RGB", (64, 64), "red")])


def bomb() -> bytes:
    """A picture of few bytes and a great many pixels."""
    return written(Image.new("1", (12_000, 12_000)))


BROKEN = {
    "zero bytes": (lambda ada: b"", "cannot be read as a picture: it is empty"),
    "no picture": (lambda ada: b"\x7fELF" + bytes(999), "it is of no known kind"),
    "a program": (lambda ada: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "it is of no known kind"),
    "a drawing": (lambda ada: b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "of no known kind"),
    "a GIF": (lambda ada: moving("GIF"), "it is of no known kind"),
    "a PNG that moves": (lambda ada: moving("PNG"), "is an animation"),
    "a WebP that moves": (lambda ada: moving("WEBP"), "is an animation"),
    "cut short": (lambda ada: ada[: len(ada) // 2], "it is cut short"),
    "the head alone": (lambda ada: ada[:60], "cannot be read as a picture"),
    "damaged": (lambda ada: ada[:9000] + bytes(60_000) + ada[69_000:], "cannot be read as a picture"),
    "a bomb": (lambda ada: bomb(), "is too large: 12000×12000 px are 144 megapixels"),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_what_cannot_be_read_is_told_and_the_others_are_answered(desk, ada, broken):
    make, reason = BROKEN[broken]
    told, other = desk.ask(("../../etc/x.png", make(ada)), ("ada.png", ada))
    assert reason in told["problem"] and not told["problem"].startswith("x.png")
    assert (told["name"], told["width"], told["height"], told["faces"]) == ("x.png", 0, 0, [])
    assert other["problem"] == "" and len(other["faces"]) == 1


def test_what_is_too_many_or_too_large_is_not_looked_at(desk, ada, monkeypatch):
    many = send(browser(desk.app, "operator"), *[("x.png", b"x")] * 51)
    assert many.status_code == 422 and "at most 50 pictures" in many.json()["detail"]
    assert send(browser(desk.app, "operator")).status_code == 422
    monkeypatch.setattr("mien.service.uploads.LARGEST", len(ada) - 1)
    assert "is too large" in desk.ask(("ada.png", ada))[0]["problem"]


def test_while_models_are_loaded_it_has_to_wait(ada):
    class Loading:
        def read(self, picture):
            raise ModelUnavailable("this has to wait: models are being loaded")

    answer = send(browser(service(build(Loading(), 2)), "operator"), ("ada.png", ada))
    assert answer.status_code == 503 and "being loaded" in answer.json()["detail"]
