from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.support.faces import ALL, HandClock, axis, kept

from mien.domain.errors import GalleryError
from mien.domain.faces import EmbeddingModel
from mien.engine.guiding import Eyes, Sitting
from mien.gallery.enrolment.admission import Terms
from mien.gallery.enrolment.sight import Sight
from mien.gallery.lbph.model import LBPH_CROP
from mien.gallery.matching.calibration import Calibration
from mien.gallery.matching.kept_calibration import kept as kept_calibration
from mien.settings import Settings
from mien.vision.recognition.lbph import LbphRecogniser
from mien.wiring.curation import foreign_model, model_in_use
from mien.wiring.people import build_gallery, build_guided_enrolment
from mien.wiring.stores import build_stores

MODEL = EmbeddingModel("mobilefacenet", "arcface-112", "yunet", "bf16")
OTHER = EmbeddingModel("edgeface-xs", "arcface-112", "yunet", "bf16")


def test_what_was_measured_in_a_home_holds_in_its_gallery(tmp_path: Path) -> None:
    clock = HandClock()
    measured = Calibration(0.6, 0.05, 0.001, (0.0, 0.1), MODEL, 1, 1, 10, clock.now(), 1.0, 1)
    with ExitStack() as stack:
        settings = Settings(home=tmp_path)
        stores = build_stores(settings, stack)
        stores.people.add_person("Ann", [kept(axis(0), MODEL)], clock.now(), ALL)
        stores.calibrations.keep(kept_calibration(measured))

        assert build_gallery(settings, stores, MODEL, clock).settings.known_above(1) == pytest.approx(0.6)
        assert build_gallery(settings, stores, OTHER, clock).settings == settings.matching
        written = Settings(home=tmp_path, matching={"known_similarity": 0.2})
        gallery = build_gallery(written, stores, MODEL, clock)
        assert (gallery.settings.known_similarity, gallery.settings.doubt) == (0.2, 0.05)
        eyes = Eyes(Sight(None, None, None, LbphRecogniser(LBPH_CROP, MODEL), settings.enrolment))
        guided = build_guided_enrolment(settings, stores, Sitting("Bob", Terms(ALL)), eyes, clock)
        assert guided.guidance.settings.same_person == pytest.approx(0.6)


def test_the_model_in_use_is_that_of_the_settings_or_else_that_by_which_most_are_known(tmp_path: Path) -> None:
    clock = HandClock()
    with ExitStack() as stack:
        settings = Settings(home=tmp_path)
        stores = build_stores(settings, stack)
        with pytest.raises(GalleryError, match="nobody is known"):
            model_in_use(settings, stores)
        for number in range(2):
            stores.people.add_person(f"Ann {number}", [kept(axis(number), OTHER)], clock.now(), ALL)
        assert model_in_use(settings, stores) == OTHER
        assert [*foreign_model(settings, stores, OTHER)] != []
        stores.people.add_person("Bob", [kept(axis(3), MODEL)], clock.now(), ALL)
        assert model_in_use(settings, stores) == MODEL
        assert [*foreign_model(settings, stores, MODEL)] == []
        assert model_in_use(Settings(home=tmp_path, recognizer="edgeface-xs"), stores) == OTHER
