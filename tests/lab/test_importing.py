"""A dataset of photographs becomes a manifest by the detector that serves; what cannot be used is left out and told."""

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pyarrow
import pyarrow.parquet as parquet
import pytest
from tests.support.lab import grain

from mien.domain.clock import SystemClock
from mien.domain.errors import SourceUnreadable, UsageError
from mien.domain.faces import CropSpec
from mien.domain.frame import Frame
from mien.domain.landmarks import ARCFACE_112
from mien.evaluation.ferplus import VOTE_COLUMNS
from mien.inference.catalog import Catalog
from mien.inference.installed import InstalledModel, ModelShelf
from mien.inference.weights import WeightStore
from mien.lab.datasets.faces import CANVAS_PX, FaceFinder
from mien.lab.datasets.labels import NO_LABEL
from mien.lab.datasets.manifest import FILE, NO_PERSON, read_manifest
from mien.lab.datasets.pictures import PictureFile, open_picture
from mien.lab.explore import Critic, ExploreRecipe
from mien.lab.explore import run as explore
from mien.lab.importing import LEAK, PERSON_LEAK, ImportRecipe, run
from mien.settings import CameraSettings, Settings
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.vision.alignment import align
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_detector
from mien.wiring.pipelines import PipelineBuilder
from mien.wiring.stores import build_stores
from mien.wiring.tuning.training import build_face_finder


@pytest.fixture(scope="module")
def finder(take: Callable[[str], InstalledModel]) -> FaceFinder:
    small = DetectionSettings(long_side_px=CANVAS_PX, min_score=0.7)
    return FaceFinder(load_detector(take("yunet"), DetectionSettings()), load_detector(take("yunet"), small))


@pytest.fixture
def photographs(weights: WeightStore, catalog, tmp_path: Path) -> Path:  # type: ignore[no-untyped-def]
    """Two labels of one portrait in many places and sizes, and four files that are of no use."""
    portrait = read_picture(str(weights.path(catalog.card("astronaut"))), 50)[:300, 60:360]
    folder = tmp_path / "photographs"
    for number in range(12):
        label = ("happy", "Neutral")[number % 2]
        (folder / label).mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(number)
        scene = cv2.GaussianBlur(rng.integers(0, 256, (360, 360, 3)).astype(np.uint8), (0, 0), 25) * 3
        side, left, top = 130 + 5 * number, *rng.integers(0, 150, 2)
        image = np.ascontiguousarray(scene)
        image[top : top + side, left : left + side] = cv2.resize(portrait, (side, side))
        cv2.imwrite(str(folder / label / f"{number:02}.png"), image)
    grey = cv2.cvtColor(portrait, cv2.COLOR_BGR2GRAY)
    cv2.imwrite(str(folder / "happy" / "grey16.png"), grey.astype(np.uint16) * 257)
    cv2.imwrite(str(folder / "happy" / "wall.png"), np.full((200, 200, 3), 90, np.uint8))
    (folder / "happy" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    (folder / "sleepy").mkdir()
    cv2.imwrite(str(folder / "sleepy" / "one.png"), portrait)
    return folder


@pytest.fixture
def labels(tmp_path: Path) -> str:
    """A file of two labels."""
    path = tmp_path / "labels.toml"
    path.write_text("[labels]\nneutral = []\nhappiness = []\n")
    return str(path)


def test_photographs_become_a_manifest(photographs: Path, tmp_path: Path, finder: FaceFinder, labels: str) -> None:
    recipe = ImportRecipe(photographs, tmp_path / "set", classes=labels, split="50/50/0")
    faces_before = tmp_path / "set" / "crops" / "crops-0123456789abcdef.faces"
    faces_before.parent.mkdir(parents=True)
    faces_before.write_bytes(b"of another dataset")
    found = run(recipe, finder)
    assert not faces_before.exists()
    manifest = read_manifest(tmp_path / "set")
    assert manifest.facts.ready_made_px == 0 and manifest.has_face.all()
    assert found.metrics["left_out"] == {"labelled 'sleepy'": 1, "cannot be read": 1, "no face found": 1}
    assert len(manifest) == 13 and set(manifest.split) == {"train", "val"}
    assert any("broken.png" in notice for notice in found.notices)
    eyes = manifest.landmarks[:, :2, 0]
    assert (eyes[:, 0] < eyes[:, 1]).all()
    assert not manifest.facts.is_grey, "all but one have colours"
    assert manifest.fingerprint == found.metrics["fingerprint"]
    assert all(isinstance(picture, PictureFile) for picture in manifest.pictures)
    (photographs / "happy" / "00.png").write_bytes((photographs / "happy" / "02.png").read_bytes())
    changed = [one for one in manifest.pictures if isinstance(one, PictureFile) and one.path.name == "00.png"]
    with pytest.raises(SourceUnreadable, match="has changed since it was imported"):
        open_picture(changed[0])


def test_pictures_without_colours_are_known(photographs: Path, tmp_path: Path, finder: FaceFinder, labels: str) -> None:
    for path in [*photographs.glob("*/0*.png"), *photographs.glob("*/1*.png")]:
        grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        cv2.imwrite(str(path), grey if path.name < "06" else cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR))
    run(ImportRecipe(photographs, tmp_path / "set", classes=labels, split="50/50/0"), finder)
    assert read_manifest(tmp_path / "set").facts.is_grey


@pytest.mark.parametrize("side", [100, 224])
def test_a_large_crop_is_a_photograph_that_a_face_fills(
    side: int, weights: WeightStore, catalog: Catalog, finder: FaceFinder
) -> None:
    portrait = ArrayPixels(read_picture(str(weights.path(catalog.card("astronaut"))), 50))
    points = finder.in_photograph(portrait)
    template = np.array(ARCFACE_112, np.float32) * side / 112
    (crop,) = align(portrait, points[None], CropSpec(side, tuple(map(tuple, template)), "bgr")).images
    found = finder.in_photograph(ArrayPixels(crop))
    assert np.linalg.norm(found - template, axis=1).mean() < 0.2 * (template[1, 0] - template[0, 0])


@pytest.mark.parametrize("name", ["yunet", "blazeface-short", "ultraface-rfb-320"])
def test_a_tilted_face_is_seen_as_by_what_reads_its_expression(
    name: str,
    take: Callable[[str], InstalledModel],
    shelf: ModelShelf,
    weights: WeightStore,
    catalog: Catalog,
    tmp_path: Path,
) -> None:
    for model in (name, "mobilefacenet", "face-mesh"):
        take(model)
    upright = read_picture(str(weights.path(catalog.card("astronaut"))), 50)
    turn = cv2.getRotationMatrix2D((224, 125), 15, 1)
    tilted = ArrayPixels(cv2.warpAffine(upright, turn, upright.shape[1::-1]))
    settings = Settings(home=tmp_path / "home", detection=DetectionSettings(model=name))
    found = build_face_finder(settings, shelf).in_photograph(tilted)
    camera = CameraSettings(source="0", detection=settings.detection)
    with ExitStack() as stack:
        pipelines = PipelineBuilder(settings, build_stores(settings, stack), shelf, SystemClock())
        followed = pipelines.build_query(camera).follow(Frame("", 0, 0.0, 0.0, tilted))
        (face,) = pipelines.build_query(camera).read(followed).faces
        again = pipelines.tasks.detector.refine(tilted, followed.faces.detections).landmarks[0]
    assert found is not None and found.tolist() == np.array(face.landmarks, np.float32).tolist()
    assert np.abs(found - again).max() > 0.1, "as it is seen for recognition, at a second look"


def test_one_odd_picture_makes_no_photographs_of_crops_and_votes_count_by_label(
    weights: WeightStore, catalog: Catalog, finder: FaceFinder, tmp_path: Path
) -> None:
    portrait = read_picture(str(weights.path(catalog.card("astronaut"))), 50)[50:190, 155:295]
    sides = [96, *[48] * 21]
    shown = [cv2.resize((portrait * (1 - row / 40)).astype(np.uint8), (side, side)) for row, side in enumerate(sides)]
    shown[-1][:] = grain(1)[0][..., None]
    votes = {name: [0] * len(sides) for name in VOTE_COLUMNS}
    votes["happiness"] = [8 * (row % 2) for row in range(len(sides))]
    votes["sadness"] = votes["fear"] = [4 * (1 - row % 2) for row in range(len(sides))]
    votes["happiness"][2], votes["sadness"][2], votes["fear"][2] = 4, 2, 2
    usage = ["Training", *["PublicTest"] * 19, "Training", "Training"]
    pictures = [cv2.imencode(".png", image)[1].tobytes() for image in shown]
    parquet.write_table(pyarrow.table({"png": pictures, "usage": usage, **votes}), tmp_path / "faces.parquet")
    (tmp_path / "two.toml").write_text('[labels]\npositive = ["happy"]\nnegative = ["sadness", "fear"]\n')
    classes = str(tmp_path / "two.toml")
    found = run(ImportRecipe(tmp_path / "faces.parquet", tmp_path / "set", classes=classes), finder)
    assert found.metrics["ready_made_px"] == 48
    assert found.metrics["left_out"] == {"not of 48×48 px, as nearly all are": 1, LEAK: 1}
    assert found.metrics["labels"]["val"] == {"positive": 10, "negative": 8}
    assert found.metrics["pictures"] == {"train": 1, "val": 19}
    assert found.metrics["without_agreed_label"] == {"train": 0, "val": 1}
    told = explore(ExploreRecipe(tmp_path / "set", tmp_path / "page")).metrics
    assert told["copies"] == found.metrics["copies"] > 0, "both count what repeats another picture"


def test_faces_of_which_only_valence_and_arousal_are_told_are_kept(
    photographs: Path, tmp_path: Path, finder: FaceFinder, labels: str
) -> None:
    paths = [path.relative_to(photographs) for path in sorted(photographs.glob("*/[01]?.png"))]
    rows = [f"{path},{path.parent},," for path in paths[:-1]]
    odd = [f"{paths[-1]},,-0.5,", "happy/wall.png,,,", "happy/gone.png,happy,,"]
    table = photographs / "own.csv"
    table.write_text("\n".join(["image_path,emotion,valence,arousal", *rows, *odd]) + "\n")
    found = run(ImportRecipe(table, tmp_path / "set", classes=labels, split="50/50/0"), finder)
    assert found.metrics["left_out"] == {"without a label": 1, "cannot be read": 1}
    manifest = read_manifest(tmp_path / "set")
    (row,) = np.flatnonzero(manifest.label == NO_LABEL)
    assert len(manifest) == 12 and not manifest.targets[row].any()
    np.testing.assert_equal(manifest.valence_arousal[row], (-0.5, np.nan))


def test_what_numbers_were_taken_for_is_told(
    photographs: Path, tmp_path: Path, finder: FaceFinder, labels: str
) -> None:
    rows = [f"{path.relative_to(photographs)},{1 - int(path.stem) % 2}" for path in photographs.glob("*/[01]?.png")]
    table = photographs / "own.csv"
    table.write_text("\n".join(["image_path,emotion", *rows, "happy/wall.png,7"]) + "\n")
    found = run(ImportRecipe(table, tmp_path / "set", classes=labels, split="50/50/0"), finder)
    told = "labels that are numbers were taken for those of AffectNet: 0 neutral, 1 happiness, 7 contempt"
    assert found.notices[0] == told


def test_the_page_tells_what_was_left_out_and_whose_labels_are_doubtful(
    photographs: Path, tmp_path: Path, finder: FaceFinder, labels: str, take: Callable[[str], InstalledModel]
) -> None:
    parts = tmp_path / "parts"
    for number, path in enumerate(sorted(photographs.glob("*/[01]?.png"))):
        for part in {"train", ("train", "val")[number % 3 == 0]}:
            (parts / part / path.parent.name).mkdir(parents=True, exist_ok=True)
            (parts / part / path.parent.name / path.name).write_bytes(path.read_bytes())
    found = run(ImportRecipe(parts, tmp_path / "set", classes=labels), finder)
    leaks = found.metrics["left_out"][LEAK]
    assert leaks >= 4
    told = explore(ExploreRecipe(tmp_path / "set", tmp_path / "page"), Critic.of(take("fer8-mobilefacenet"))).metrics
    assert told["copies_across_parts"] == 0 and told["copies_left_out"] == leaks
    assert told["suspicious_labels"] > 0, "she smiles, whatever half of the labels say"
    assert not (tmp_path / "set" / "crops").exists()
    page = (tmp_path / "page" / "report.html").read_text()
    assert f"The import left out {leaks} more" in page and LEAK in page
    (tmp_path / "set" / "import.json").unlink()
    told = explore(ExploreRecipe(tmp_path / "set", tmp_path / "page")).metrics
    assert told["left_out"] is None and "It is not known" in (tmp_path / "page" / "report.html").read_text()


def test_what_is_all_for_judging_stays_so(photographs: Path, tmp_path: Path, finder: FaceFinder) -> None:
    shutil.rmtree(photographs / "Neutral")
    (tmp_path / "only").mkdir()
    photographs.rename(tmp_path / "only" / "test")
    run(ImportRecipe(tmp_path / "only", tmp_path / "set", classes="5"), finder)
    manifest = read_manifest(tmp_path / "set")
    assert set(manifest.split) == {"test"} and len(manifest.facts.labels) == 5 and len(manifest) == 7


def test_a_page_is_not_written_over_a_run(photographs: Path, tmp_path: Path, finder: FaceFinder, labels: str) -> None:
    run(ImportRecipe(photographs, tmp_path / "set", classes=labels, split="50/50/0"), finder)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "about.json").write_text("{}")
    with pytest.raises(UsageError, match="is the folder of a run"):
        explore(ExploreRecipe(tmp_path / "set", tmp_path / "run"))


def test_a_label_without_pictures_is_told(photographs: Path, tmp_path: Path, finder: FaceFinder) -> None:
    with pytest.raises(UsageError, match="no picture is labelled surprise or sadness or anger"):
        run(ImportRecipe(photographs, tmp_path / "set", classes="5", split="50/50/0"), finder)
    assert not (tmp_path / "set").exists()


def test_a_person_is_on_one_side_and_named_nowhere(
    photographs: Path, tmp_path: Path, finder: FaceFinder, labels: str
) -> None:
    paths = [path.relative_to(photographs) for path in sorted(photographs.glob("*/[01]?.png"))]
    people = ["Ada", "Bo", "Ada", "Cleo", "Dora", "", "Eve", "Fay", "Gil", "Hal", "Ida", "Jo"]
    parts = ["train", "train", "val", *["train"] * 6, *["val"] * 3]
    table = photographs / "own.csv"
    rows = [f"{path},{path.parent},{one},{part}" for path, one, part in zip(paths, people, parts, strict=True)]
    table.write_text("\n".join(["image_path,emotion,person,split", *rows]) + "\n")
    stated = run(ImportRecipe(table, tmp_path / "stated", classes=labels), finder)
    manifest = read_manifest(tmp_path / "stated")
    assert stated.metrics["left_out"][PERSON_LEAK] == 1
    assert f"left out, {PERSON_LEAK}: 1 (the first: own.csv, line 2)" in stated.notices
    assert stated.metrics["with_person"] == (manifest.person != NO_PERSON).sum() == len(manifest) - 1
    assert not any("name no person" in notice for notice in stated.notices), "nothing was drawn"
    told = (tmp_path / "stated" / FILE).read_bytes() + str(stated).encode()
    assert b"Cleo" not in told and b"Dora" not in told
    drawn = run(ImportRecipe(table, tmp_path / "drawn", classes=labels, split="50/50/0"), finder)
    manifest = read_manifest(tmp_path / "drawn")
    assert len(set(manifest.split[manifest.person == 0])) == 1 and (manifest.person == 0).sum() == 2
    assert any(notice.startswith("1 of 12 pictures name no person") for notice in drawn.notices)
    alone = [f"{path},{path.parent},Ada,{part}" for path, part in zip(paths, parts, strict=True)]
    table.write_text("\n".join(["image_path,emotion,person,split", *alone]) + "\n")
    with pytest.raises(
        UsageError, match="every picture of the part train repeats one of a later part, or shows somebo"
    ):
        run(ImportRecipe(table, tmp_path / "none", classes=labels), finder)
    assert not (tmp_path / "none").exists()


def test_the_face_that_is_labelled_is_taken_and_no_other(
    weights: WeightStore, catalog: Catalog, tmp_path: Path, finder: FaceFinder, labels: str
) -> None:
    portrait = read_picture(str(weights.path(catalog.card("astronaut"))), 50)[:300, 60:360]
    rows = ["subDirectory_filePath,face_x,face_y,face_width,face_height,expression,valence,arousal"]
    boxes = ["100,55,130,130", "390,127,65,65", "300,290,80,80", ",,,", "390,127,65,65"]
    for number, box in enumerate(boxes):
        scene = np.full((400, 500, 3), 40 + 25 * number, np.uint8)
        scene[:300, :300] = portrait
        scene[100:250, 340:490] = cv2.resize(portrait, (150, 150))
        cv2.imwrite(str(tmp_path / f"{number}.png"), scene)
        rows.append(f"{number}.png,{box},{number % 2},0,0")
    (tmp_path / "validation.csv").write_text("\n".join(rows) + "\n")
    found = run(ImportRecipe(tmp_path / "validation.csv", tmp_path / "set", classes=labels), finder)
    assert found.metrics["left_out"] == {"no face in the box of its label": 1}
    noses = read_manifest(tmp_path / "set").landmarks[:, 2, 0]
    assert (noses > 340).tolist() == [False, True, False, True], "the most prominent one where no box is told"


def test_a_dataset_is_not_replaced(photographs: Path, tmp_path: Path, finder: FaceFinder, labels: str) -> None:
    recipe = ImportRecipe(photographs, tmp_path / "set", classes=labels, split="50/50/0")
    run(recipe, finder)
    before = (tmp_path / "set" / FILE).read_bytes()
    steps: list[str] = []
    with pytest.raises(UsageError, match="set holds a dataset already: name another folder with --out, or delete it"):
        run(replace(recipe, seed=8), finder, lambda what, *_: steps.append(what))
    assert (tmp_path / "set" / FILE).read_bytes() == before and not steps
