"""Every published layout is read as it is, and what is wrong with one is told with its line."""

import math
from pathlib import Path

import cv2
import numpy as np
import pyarrow
import pyarrow.parquet as parquet
import pytest

from mien.domain.errors import SourceNotFound, SourceUnreadable, UsageError
from mien.evaluation.ferplus import VOTE_COLUMNS
from mien.lab.datasets.formats.ferplus import Labels
from mien.lab.datasets.formats.opening import open_format
from mien.lab.datasets.formats.sample import Sample

GREY = " ".join(["7"] * 2304)


def written(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return path


def samples(path: Path, images: Path | None = None) -> list[Sample]:
    return list(open_format(path, images).samples())


def test_fer2013_csv(tmp_path: Path) -> None:
    path = written(tmp_path / "fer2013.csv", "emotion,pixels,Usage", f"3,{GREY},Training", f"6,{GREY},PublicTest")
    first, second = samples(path)
    assert (first.word, first.split, second.word, second.split) == ("happiness", "train", "neutral", "val")
    assert isinstance(first.picture, bytes)
    image = cv2.imdecode(np.frombuffer(first.picture, np.uint8), cv2.IMREAD_UNCHANGED)
    assert image.shape == (48, 48) and (image == 7).all()


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (f"7,{GREY},Training", "the label 7 is out of range"),
        (f"-1,{GREY},Training", "the label -1 is out of range"),
        ("3,1 2 3,Training", "expected 2304 grey levels"),
        (f"3,{GREY.replace('7', '300', 1)},Training", "grey levels from 0 to 255"),
        ("3,red,Training", "invalid literal"),
    ],
)
def test_a_wrong_row_of_fer2013_is_told_with_its_line(tmp_path: Path, row: str, told: str) -> None:
    path = written(tmp_path / "fer2013.csv", "emotion,pixels,Usage", f"0,{GREY},Training", row)
    with pytest.raises(SourceUnreadable, match=f"fer2013.csv, line 3: .*{told}"):
        samples(path)


def test_ferplus_csv_leaves_out_what_was_removed(tmp_path: Path) -> None:
    header = ",".join(("Usage", "Image name", *VOTE_COLUMNS))
    path = written(
        tmp_path / "fer2013new.csv",
        header,
        "Training,fer0000000.png,4,0,0,1,3,2,0,0,0,0",
        "Training,,0,0,0,0,0,0,0,0,0,10",
        "PrivateTest,fer0000002.png,0,9,0,0,0,0,0,0,1,0",
    )
    first, second = samples(path, tmp_path)
    assert first.word == "", "nobody has more than half"
    assert first.votes == {"neutral": 4, "sadness": 1, "anger": 3, "disgust": 2} and first.undecided == 0
    assert (second.word, second.split, second.picture) == ("happiness", "test", tmp_path / "fer0000002.png")
    below = written(tmp_path / "FER2013Test" / "fer0000002.png", "")
    assert [one.picture for one in samples(path, tmp_path)] == [tmp_path / "fer0000000.png", below]


FERPLUS = {
    "png": [b"1", b"2"],
    "usage": ["Training", "PublicTest"],
    "fer2013_label": ["happy", "sad"],
    **{name: [0, 9] for name in VOTE_COLUMNS},
}


@pytest.mark.parametrize(
    ("labels", "columns", "told"),
    [
        ("majority", {"png": [None, b"2"]}, "row 0: there is no png"),
        ("majority", {"usage": ["Training", None]}, "row 1: there is no usage"),
        ("majority", {"fear": [1, None]}, "row 1: there is no fear"),
        ("majority", {"fear": [1.5, 2.0]}, "expected whole numbers as fear, got double"),
        ("fer2013", {"fer2013_label": [3, 4]}, "expected words as fer2013_label, got int64"),
        ("fer2013", {"fer2013_label": ["happy", None]}, "row 1: there is no fer2013_label"),
    ],
)
def test_a_wrong_row_of_ferplus_is_told(
    tmp_path: Path, labels: Labels, columns: dict[str, list[object]], told: str
) -> None:
    parquet.write_table(pyarrow.table({**FERPLUS, **columns}), tmp_path / "faces.parquet")
    with pytest.raises(SourceUnreadable, match=rf"faces\.parquet.*{told}"):
        list(open_format(tmp_path / "faces.parquet", labels=labels).samples())


@pytest.mark.parametrize(
    ("header", "row", "told"),
    [
        ("image_path,emotion,valence", "a.jpg", "there is no emotion"),
        ("emotion,pixels,Usage", "3", "there is no pixels"),
        (",".join(("Usage", "Image name", *VOTE_COLUMNS)), "Training,a.png,4", "there is no NF, anger, "),
        (",".join(("Usage", "Image name", *VOTE_COLUMNS)), "Training,a.png" + ",9" * 9 + ",", "whole number as NF"),
        ("subDirectory_filePath,expression,valence,arousal", "a.jpg,,0,0", "expected a whole number as expression"),
    ],
)
def test_a_field_that_is_missing_is_named(tmp_path: Path, header: str, row: str, told: str) -> None:
    with pytest.raises(SourceUnreadable, match=rf"own\.csv, line 2: .*{told}"):
        samples(written(tmp_path / "own.csv", header, row))


def test_affectnet_keeps_missing_levels_missing(tmp_path: Path) -> None:
    path = written(
        tmp_path / "validation.csv",
        "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal",
        "689/a.jpg,0,,9,9,,1,0.5,-0.25",
        "689/b.jpg,10,20,30,40,,8,-2,-2",
        "689/c.jpg,0,0,0,9,,0,,0.5",
        "689/d.jpg,NULL,NULL,NULL,NULL,,0,0.1,0.2",
    )
    first, second, third, fourth = samples(path)
    assert fourth.box is None and fourth.word == "neutral", "as row 315313 of the original"
    assert math.isnan(third.valence) and third.arousal == 0.5
    assert (first.word, first.valence, first.arousal, first.split) == ("happiness", 0.5, -0.25, "val")
    assert first.picture == tmp_path / "689/a.jpg"
    assert first.box is None, "an empty field says nothing"
    assert (second.box, third.box) == ((10, 20, 40, 60), None)
    assert second.word == "" and math.isnan(second.valence) and math.isnan(second.arousal)
    header = "subDirectory_filePath,expression,valence,arousal"
    with pytest.raises(SourceUnreadable, match="the expression 42 is out of range, expected 0 to 10"):
        samples(written(tmp_path / "training.csv", header, "689/a.jpg,42,0,0"))
    own = written(tmp_path / "own.csv", "image_path,emotion,valence,arousal", "a.jpg,happy,-2,0")
    with pytest.raises(SourceUnreadable, match=r"valence or arousal of -2\.0 is out of range"):
        samples(own)


def test_a_folder_of_affectnet_is_one_dataset(tmp_path: Path) -> None:
    header = "subDirectory_filePath,expression,valence,arousal"
    written(tmp_path / "lists" / "training.csv", header, "1/a.jpg,0,0,0", "1/b.jpg,6,-0.5,0.5")
    written(tmp_path / "lists" / "validation.csv", header, "2/c.jpg,7,-0.5,0.25")
    (tmp_path / "pictures").mkdir()
    found = samples(tmp_path / "lists", tmp_path / "pictures")
    assert [(one.word, one.split) for one in found] == [("neutral", "train"), ("anger", "train"), ("contempt", "val")]
    assert found[2].picture == tmp_path / "pictures" / "2/c.jpg"
    (tmp_path / "lists" / "training.csv").unlink()
    assert [one.split for one in samples(tmp_path / "lists")] == ["val"]
    written(tmp_path / "lists" / "validation.csv", "a,b", "1,2")
    with pytest.raises(SourceUnreadable, match=r"validation\.csv, line 2: there is no arousal, expression, "):
        samples(tmp_path / "lists")


def test_bytes_that_are_no_text_are_told_with_their_line(tmp_path: Path) -> None:
    rows = b"".join(b"a%d.jpg,happy\n" % number for number in range(5_000))
    (tmp_path / "own.csv").write_bytes(b"image_path,emotion\n" + rows + b"caf\xe9.jpg,sad\n")
    with pytest.raises(SourceUnreadable, match=r"own\.csv, line 5002: expected text in UTF-8"):
        samples(tmp_path / "own.csv")
    (tmp_path / "list.txt").write_bytes("müde.jpg 5\n".encode() + b"\xff\xfe.jpg 5\n")
    written(tmp_path / "müde.jpg", "")
    with pytest.raises(SourceUnreadable, match=r"list\.txt, line 2: expected text in UTF-8"):
        samples(tmp_path / "list.txt")
    (tmp_path / "wide.csv").write_bytes("image_path,emotion\n".encode("utf-16"))
    with pytest.raises(SourceUnreadable, match=r"wide\.csv, line 1: expected text in UTF-8"):
        samples(tmp_path / "wide.csv")


def test_rows_that_are_no_csv_are_told_with_their_line(tmp_path: Path) -> None:
    path = written(tmp_path / "own.csv", "image_path,emotion", '"a,\nb.jpg",happy', "x" * 200_000 + ",sad")
    with pytest.raises(SourceUnreadable, match=r"own\.csv, line 4: field larger than field limit"):
        samples(path)


def test_a_csv_of_ones_own(tmp_path: Path) -> None:
    path = written(
        tmp_path / "own.csv",
        "image_path,emotion,valence,arousal,group,person",
        "a.jpg,happy,,0.5,women,one",
        "b.jpg,7,1,0,men,",
    )
    first, second = samples(path)
    assert (first.word, second.word, first.group) == ("happy", "contempt", "women")
    assert (first.person, second.person) == ("one", "")
    assert math.isnan(first.valence) and first.arousal == 0.5
    assert (first.number, second.number) == ("", "7")
    with pytest.raises(SourceUnreadable, match=r"own\.csv, line 2: .*1\.5 is out of range"):
        samples(written(tmp_path / "own.csv", "image_path,emotion,valence,arousal", "a.jpg,sad,1.5,0"))


def test_the_layout_of_kaggle(tmp_path: Path) -> None:
    (sample,) = samples(written(tmp_path / "labels.csv", ",pth,label,relFCs", "0,anger/image.jpg,surprise,0.87"))
    assert (sample.word, sample.picture) == ("surprise", tmp_path / "anger/image.jpg")


def test_rafdb_takes_the_aligned_pictures(tmp_path: Path) -> None:
    picture = written(tmp_path / "Image" / "aligned" / "train_00001_aligned.jpg", "")
    written(tmp_path / "Image" / "original" / "test_0001.jpg", "")
    path = written(tmp_path / "list_patition_label.txt", "train_00001.jpg 4", "test_0001.jpg 1")
    first, second = samples(path)
    assert (first.picture, first.word, first.split) == (picture, "happiness", "train")
    assert (second.word, second.split) == ("surprise", "test")
    with pytest.raises(SourceUnreadable, match="line 1: expected a file name and a label from 1 to 7"):
        samples(written(path, "train_00001.jpg 8"))
    (absent,) = samples(written(path, "train_00002.jpg 1"))
    assert absent.picture == tmp_path / "train_00002.jpg", "it is left out by who looks at it, like any other"


def test_folders_with_and_without_parts(tmp_path: Path) -> None:
    for name in ("train/happy/1.png", "train/sad/2.png", "test/happy/3.png"):
        written(tmp_path / name, "")
    assert [(one.word, one.split) for one in samples(tmp_path)] == [
        ("happy", "test"),
        ("happy", "train"),
        ("sad", "train"),
    ]
    assert [(one.word, one.split) for one in samples(tmp_path / "train")] == [("happy", ""), ("sad", "")]
    with pytest.raises(SourceNotFound, match="no folders of pictures"):
        samples(tmp_path / "train" / "happy")
    written(tmp_path / "held out" / "happy" / "4.png", "")
    with pytest.raises(SourceUnreadable, match="holds folders of parts, such as test, beside held out, which is none"):
        samples(tmp_path)


def test_what_is_of_no_known_layout_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="has the columns a, b; expected"):
        open_format(written(tmp_path / "strange.csv", "a,b"))
    for mark in (";", "\t"):
        with pytest.raises(SourceUnreadable, match=r"has one column only, .+: expected commas, got '(;|\\t)'"):
            open_format(written(tmp_path / "semicolons.csv", mark.join(("image_path", "emotion"))))
    (tmp_path / "empty.csv").touch()
    with pytest.raises(SourceUnreadable, match="begins without the names of its columns"):
        open_format(tmp_path / "empty.csv")
    with pytest.raises(SourceUnreadable, match="of no known layout"):
        open_format(written(tmp_path / "strange.json", "{}"))
    with pytest.raises(SourceNotFound, match="does not exist"):
        open_format(tmp_path / "nothing")
    with pytest.raises(UsageError, match="one set of labels only"):
        open_format(tmp_path / "strange.csv", labels="fer2013")
