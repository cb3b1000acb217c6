import io
import os
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from tests.support.scenes import smooth_colours

from mien.domain.clock import Clock
from mien.domain.errors import SourceNotFound, SourceUnreadable
from mien.sources.images import Picture, decode_picture, is_picture, read_picture

LIMIT = 120.0
COLOURS = smooth_colours(64, 48)  # BGR
RGB = Image.fromarray(COLOURS[..., ::-1].copy())


def saved(path: Path, image: Image.Image, **options: object) -> str:
    image.save(path, **options)
    return str(path)


def assert_like(path: str, expected: np.ndarray, levels: float = 3) -> None:
    actual = read_picture(path, LIMIT)
    assert actual.shape == expected.shape and actual.dtype == np.uint8
    assert np.abs(actual.astype(int) - expected).mean() <= levels


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tif", "a.webp", "a.jpg", "a.ppm", "a.avif", "grüße 😀.jpeg"])
def test_kinds_of_files(tmp_path: Path, name: str) -> None:
    assert_like(saved(tmp_path / name, RGB), COLOURS)


def test_grey_palette_and_two_tones(tmp_path: Path) -> None:
    grey = np.asarray(RGB.convert("L"))
    assert_like(saved(tmp_path / "grey.jpg", RGB.convert("L")), np.repeat(grey[..., None], 3, axis=2))
    assert_like(saved(tmp_path / "palette.png", RGB.convert("P", palette=Image.Palette.ADAPTIVE)), COLOURS, 6)
    two = Image.fromarray(grey > 110)
    assert_like(saved(tmp_path / "two.png", two), np.repeat(255 * (grey > 110)[..., None], 3, axis=2), 0)


def test_print_colours(tmp_path: Path) -> None:
    assert_like(saved(tmp_path / "cmyk.jpg", RGB.convert("CMYK"), quality=95), COLOURS)
    assert_like(saved(tmp_path / "cmyk.tif", RGB.convert("CMYK")), COLOURS, 1)


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_16_bits_are_scaled_not_cut_off(tmp_path: Path, suffix: str) -> None:
    wide = np.linspace(0, 65535, 64 * 48).reshape(48, 64).astype(np.uint16)
    expected = np.repeat(np.round(wide / 257)[..., None], 3, axis=2)
    cv2.imwrite(str(tmp_path / f"grey{suffix}"), wide)
    assert_like(str(tmp_path / f"grey{suffix}"), expected, 0.5)
    cv2.imwrite(str(tmp_path / f"colour{suffix}"), np.repeat(wide[..., None], 3, axis=2))
    assert_like(str(tmp_path / f"colour{suffix}"), expected, 0.6)


def test_transparent_parts_are_white(tmp_path: Path) -> None:
    image = RGB.convert("RGBA")
    opacity = np.full((48, 64), 255, np.uint8)
    opacity[:, 20:40], opacity[:, 40:] = 0, 128
    image.putalpha(Image.fromarray(opacity))
    expected = COLOURS.astype(float)
    expected[:, 20:40] = 255
    expected[:, 40:] = COLOURS[:, 40:].astype(float) * 128 / 255 + 127
    assert_like(saved(tmp_path / "see-through.png", image), expected, 1)
    stamp = Image.new("P", (8, 8), 1)
    stamp.putpalette([0, 0, 0, 10, 20, 30])
    stamp.putpixel((0, 0), 0)
    picture = read_picture(saved(tmp_path / "stamp.png", stamp, transparency=0), LIMIT)
    assert picture[0, 0].tolist() == [255, 255, 255] and picture[1, 1].tolist() == [30, 20, 10]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_upright(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned_back = {1: 0, 3: 2, 6: 1, 8: 3}  # quarter turns anticlockwise that lead to the stored picture
    stored = RGB
    if orientation in turned_back:
        stored = Image.fromarray(np.rot90(np.asarray(RGB), turned_back[orientation]).copy())
    path = saved(tmp_path / "photo.jpg", stored, exif=exif, quality=95)
    if orientation in turned_back:
        assert_like(path, COLOURS)
    else:  # mirrored ones
        assert read_picture(path, LIMIT).shape == ((64, 48, 3) if orientation in (5, 7) else (48, 64, 3))


@pytest.mark.parametrize("name", ["moving.webp", "moving.png"])
def test_an_animated_picture_shows_its_first(tmp_path: Path, name: str) -> None:
    others = [Image.new("RGB", (64, 48), colour) for colour in ("red", "blue")]
    path = saved(tmp_path / name, RGB, save_all=True, append_images=others, duration=100)
    assert_like(path, COLOURS)


def test_one_pixel(tmp_path: Path, clock: Clock) -> None:
    path = saved(tmp_path / "dot.png", Image.new("RGB", (1, 1), (200, 100, 50)))
    source = Picture(path, clock, LIMIT)
    (frame,) = source.frames()
    assert (frame.camera, frame.index, frame.time_s) == (path, 0, 0.0)
    assert frame.pixels.bgr().tolist() == [[[50, 100, 200]]]
    assert (source.is_still, source.is_live, source.frame_count, source.frame_rate) == (True, False, 1, 0)


def jpeg() -> bytes:
    buffer = io.BytesIO()
    noise = np.random.default_rng(1).integers(0, 255, (200, 200, 3), np.uint8)
    Image.fromarray(noise).save(buffer, "JPEG")
    return buffer.getvalue()


def png() -> bytes:
    buffer = io.BytesIO()
    RGB.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"just a text\n" * 10, "it is of no known kind"),
        (jpeg()[: len(jpeg()) // 2], "it is cut short"),
        (png()[: len(png()) // 2], "it is cut short"),
        (png()[:60] + bytes(200) + png()[260:], "it is damaged"),
        (jpeg()[:20], "it is of no known kind"),
    ],
)
def test_broken_files_say_what_is_wrong(
    tmp_path: Path, content: bytes, reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    with pytest.raises(SourceUnreadable) as raised:
        read_picture(str(path), LIMIT)
    assert str(raised.value) == f"{path} cannot be read as a picture: {reason}"
    assert capfd.readouterr() == ("", "")


def head_of_png(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds nothing of it."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    end = b"IEND"
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", len(chunk) - 4)
        + chunk
        + struct.pack(">I", zlib.crc32(chunk))
        + struct.pack(">I", 0)
        + end
        + struct.pack(">I", zlib.crc32(end))
    )


def test_pictures_that_are_too_large_are_refused_by_their_head(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(head_of_png(20_000, 20_000))
    with pytest.raises(SourceUnreadable, match=r"large\.png is too large: it has more than the allowed 120 megapixels"):
        read_picture(str(path), LIMIT)
    path.write_bytes(head_of_png(15_000, 10_000))
    with pytest.raises(SourceUnreadable, match="15000×10000 px are 150 megapixels, at most 120 are allowed"):
        read_picture(str(path), LIMIT)
    assert not recwarn.list


def test_a_picture_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound, match="does not exist"):
        read_picture(str(tmp_path / "absent.png"), LIMIT)


@pytest.mark.timeout(20)
def test_what_is_no_file_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    for path, words in (
        (tmp_path / "pipe.png", "is neither a file nor a folder"),
        (Path(os.devnull), "is neither a file nor a folder"),
        (tmp_path, "is a folder, and a single picture or video was expected"),
    ):
        with pytest.raises(SourceUnreadable, match=f"^{path} {words}$"):
            read_picture(str(path), LIMIT)


def test_numbers_that_are_no_grey_levels_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "heights.tif", Image.new("F", (4, 4), 0.5))
    with pytest.raises(SourceUnreadable, match="32-bit"):
        read_picture(path, LIMIT)


def test_pictures_are_known_by_their_head(tmp_path: Path, clip: Path) -> None:
    assert is_picture(saved(tmp_path / "a.png", RGB))
    assert not is_picture(saved(tmp_path / "a.gif", RGB))
    assert not is_picture(str(clip))
    assert not is_picture(str(tmp_path / "absent.png"))


def test_a_picture_in_memory_is_decoded_as_one_in_a_file_is(tmp_path):
    file = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 100, 50)).save(file, "JPEG", quality=95)
    path = tmp_path / "picture.jpg"
    path.write_bytes(file.getvalue())
    assert (decode_picture(file.getvalue(), "the frame", 1.0) == read_picture(str(path), 1.0)).all()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "the frame cannot be read as a picture: it is empty"),
        (b"garbage", "the frame cannot be read as a picture: it is of no known kind"),
        (b"\xff\xd8\xff\xe0", "of no known kind"),
    ],
)
def test_what_is_no_picture_in_memory_is_told_by_the_name_it_was_given(content, told):
    with pytest.raises(SourceUnreadable, match=told):
        decode_picture(content, "the frame", 1.0)


def test_a_picture_in_memory_may_be_of_some_formats_only_and_so_large():
    file = io.BytesIO()
    Image.new("RGB", (2000, 1000)).save(file, "PNG")
    with pytest.raises(SourceUnreadable, match="of no known kind"):
        decode_picture(file.getvalue(), "the frame", 9.0, ("JPEG",))
    with pytest.raises(SourceUnreadable, match="at most 1 are allowed"):
        decode_picture(file.getvalue(), "the frame", 1.0)
