from pathlib import Path

import av
import numpy as np
import pytest

from mien.domain.errors import ResultError
from mien.results import video as video_module
from mien.results.video import AnnotatedVideo, fitted


def frames(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


def flat(height: int, width: int, colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((height, width, 3), colour, np.uint8)


def test_frames_keep_their_number_their_moments_and_their_colours(tmp_path):
    path = tmp_path / "v.mp4"
    moments = [0.0, 0.04, 0.12, 0.125, 1.5, 1.53]  # a variable frame rate
    colours = [(200, 40, 40), (40, 200, 40), (40, 40, 200), (200, 200, 40), (30, 30, 30), (220, 220, 220)]
    video = AnnotatedVideo(path, 25.0)
    for moment, colour in zip(moments, colours, strict=True):
        video.write(flat(120, 160, colour), moment)
    assert not path.exists()
    video.close()
    assert video.commit() == (path,)
    decoded = frames(path)
    assert [float(frame.pts * frame.time_base) for frame in decoded] == pytest.approx(moments, abs=1e-4)
    for frame, colour in zip(decoded, colours, strict=True):
        assert frame.to_ndarray(format="bgr24").mean(axis=(0, 1)) == pytest.approx(colour, abs=6)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert container.duration / av.time_base == pytest.approx(1.53 + 0.04, abs=0.02)
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")  # playable before it is loaded whole
    assert list(tmp_path.iterdir()) == [path]


def test_without_x264_the_video_is_mpeg4(tmp_path, monkeypatch):
    encoders = [("no-such-encoder", {}, 0), *video_module._ENCODERS[1:]]
    monkeypatch.setattr(video_module, "_ENCODERS", encoders)
    video = AnnotatedVideo(tmp_path / "v.mp4", 25.0)
    moments = [0.0, 0.041, 0.3]
    for moment in moments:
        video.write(flat(120, 160, (40, 200, 40)), moment)
    video.close()
    video.commit()
    decoded = frames(tmp_path / "v.mp4")
    assert [float(frame.pts * frame.time_base) for frame in decoded] == pytest.approx(moments, abs=1e-4)
    assert decoded[0].to_ndarray(format="bgr24").mean(axis=(0, 1)) == pytest.approx((40, 200, 40), abs=8)


@pytest.mark.parametrize("encoder", [("no-such-encoder", {}, 0), ("libx264", {"preset": "no-such-preset"}, 0)])
def test_an_encoder_that_refuses_is_one_sentence_and_leaves_no_file(tmp_path, monkeypatch, encoder):
    monkeypatch.setattr(video_module, "_ENCODERS", [encoder])
    video = AnnotatedVideo(tmp_path / "v.mp4", 25.0)
    with pytest.raises(ResultError):
        video.write(flat(64, 64, (0, 0, 0)), 0.0)
    video.discard()
    assert list(tmp_path.iterdir()) == []


def test_moments_that_stand_still_or_go_back_do_not_stop_the_video(tmp_path):
    video = AnnotatedVideo(tmp_path / "v.mp4", 0.0)
    for moment in (1.0, 1.0, 0.5, 2.0):
        video.write(flat(64, 64, (9, 9, 9)), moment)
    video.close()
    video.commit()
    moments = [frame.pts * frame.time_base for frame in frames(tmp_path / "v.mp4")]
    assert len(moments) == 4
    assert moments == sorted(set(moments))


@pytest.mark.parametrize("size", [(121, 161), (1, 1), (33, 50), (144, 176)])
def test_odd_sizes_become_even(tmp_path, size):
    video = AnnotatedVideo(tmp_path / "v.mp4", 25.0)
    video.write(flat(*size, (10, 120, 230)), 0.0)
    video.close()
    video.commit()
    (frame,) = frames(tmp_path / "v.mp4")
    assert (frame.height, frame.width) == (size[0] + size[0] % 2, size[1] + size[1] % 2)


def test_a_size_that_changes_midway_is_fitted_into_the_first(tmp_path):
    video = AnnotatedVideo(tmp_path / "v.mp4", 25.0)
    video.write(flat(100, 200, (200, 200, 200)), 0.0)
    video.write(flat(300, 200, (200, 200, 200)), 0.04)
    video.close()
    video.commit()
    first, second = (frame.to_ndarray(format="bgr24") for frame in frames(tmp_path / "v.mp4"))
    assert first.shape == second.shape == (100, 200, 3)
    assert second[50, 100].mean() > 180
    assert second[50, 20].mean() < 30  # black beside the upright picture


def test_a_source_without_a_picture_leaves_no_file(tmp_path):
    video = AnnotatedVideo(tmp_path / "v.mp4", 25.0)
    video.close()
    assert video.commit() == ()
    assert list(tmp_path.iterdir()) == []


def test_what_is_discarded_is_gone(tmp_path):
    video = AnnotatedVideo(tmp_path / "v.mp4", 25.0)
    for index in range(80):  # the encoder looks ahead before it writes
        video.write(flat(64, 64, (0, 0, 0)), index / 25)
    assert len(list(tmp_path.iterdir())) == 1
    video.discard()
    video.discard()
    assert list(tmp_path.iterdir()) == []


def test_one_pixel_more_continues_the_edge():
    picture = np.arange(3 * 5 * 3, dtype=np.uint8).reshape(3, 5, 3)
    grown = fitted(picture, 6, 4)
    assert grown.shape == (4, 6, 3)
    np.testing.assert_array_equal(grown[:3, :5], picture)
    np.testing.assert_array_equal(grown[3, 5], picture[2, 4])
