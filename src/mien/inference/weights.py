"""The cache of model files: fetched at first use, verified, converted where needed, and there from then on."""

import hashlib
import json
import logging
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

import platformdirs

from mien.domain.errors import ModelCorrupt, ModelError, ModelUnavailable
from mien.inference.conversion.converting import REVISION, convert
from mien.inference.fetching import FetchProgress, SilentProgress, deliver
from mien.inference.file_metadata import sha256_of
from mien.inference.home_models import write_whole
from mien.inference.model_card import Conversion, ModelCard, WeightFile

_log = logging.getLogger(__name__)
_BUNDLED = Path(__file__).with_name("bundled")


@dataclass(frozen=True, slots=True)
class _Stamp:
    """What a cached file was when it was last verified, so that its bytes need not be read at every start."""

    origin: str
    sha256: str
    size_bytes: int
    modified_ns: int


class WeightStore:
    """Model files by card. Safe to use from several threads and processes at once: files appear whole or not at all.

    ``home`` is where the files of imported models lie, under ``models``.
    """

    def __init__(
        self,
        cache: Path,
        mirror: Path | None = None,
        progress: FetchProgress | None = None,
        home: Path | None = None,
    ) -> None:
        self._folder = cache / "models"
        self._mirror = mirror
        self._progress = progress or SilentProgress()
        self._home = (home / "models",) if home else ()
        self._lock = threading.Lock()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], progress: FetchProgress | None = None) -> Self:
        """The store under ``MIEN_CACHE`` or the platform's cache folder, with the mirror ``MIEN_MODELS_MIRROR``."""
        cache = environment.get("MIEN_CACHE") or platformdirs.user_cache_dir("mien", appauthor=False)
        mirror = environment.get("MIEN_MODELS_MIRROR")
        return cls(Path(cache).expanduser(), Path(mirror).expanduser() if mirror else None, progress)

    def paths(self, card: ModelCard) -> tuple[Path, ...]:
        """Where the files of a card lie, in its order, fetched, verified and converted if they were not yet.

        Raises ModelUnavailable, which lists what was tried, and ModelCorrupt where all there is are wrong bytes.
        """
        with self._lock:
            return tuple(
                self._converted(card, file, file.conversion) if file.conversion else self._delivered(card, file)
                for file in card.files
            )

    def path(self, card: ModelCard) -> Path:
        """Where the file of a card with one file lies; as `paths` otherwise."""
        (path,) = self.paths(card)
        return path

    def delivered(self, card: ModelCard) -> tuple[Path, ...]:
        """Where the files of a card lie as their authors gave them, before any conversion; raises as `paths`."""
        with self._lock:
            return tuple(self._delivered(card, file) for file in card.files)

    def quality_head(self, card: ModelCard) -> Path | None:
        """Where the head of a recogniser lies that judges pictures, if it has one; raises as `paths`."""
        return self._owned(card, card.quality_head) if card.quality_head else None

    def quantised(self, card: ModelCard) -> tuple[Path, ...]:
        """Where the int8 files of a card lie, which `mien models quantize` made; raises ModelUnavailable without."""
        if not self.is_quantised(card):
            raise ModelUnavailable(f"{card.name} was not quantised on this machine; mien models quantize does it")
        return self._quantised_paths(card)

    def is_quantised(self, card: ModelCard) -> bool:
        """Whether the int8 files of a card are here."""
        return bool(card.files) and all(path.is_file() for path in self._quantised_paths(card))

    def quantised_table(self, card: ModelCard) -> Path:
        """Where what was measured of the int8 files of a card belongs."""
        return self._quantised_paths(card)[0].with_suffix(".json")

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """A folder for files that are to be kept, and that is gone afterwards; raises ModelError without room."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            folder = tempfile.TemporaryDirectory(dir=self._folder, prefix=".work-")
        except OSError as error:
            raise ModelError(f"{self._folder} cannot be written: {error.strerror or error}") from error
        with folder as name:
            yield Path(name)

    def keep_quantised(self, card: ModelCard, files: Iterable[Path], table: str) -> None:
        """Move int8 files out of a workspace to where `quantised` finds them, after what was measured of them.

        Those that were there before are gone. Raises ModelError.
        """
        with self._lock:
            try:
                self.drop_quantised(card)
                write_whole(self.quantised_table(card), lambda path: path.write_text(table, encoding="utf-8"))
                for origin, path in zip(files, self._quantised_paths(card), strict=True):
                    origin.replace(path)
            except OSError as error:
                raise ModelError(f"{card.name} could not be kept in int8: {error.strerror or error}") from error

    def drop_quantised(self, card: ModelCard) -> None:
        """Forget the int8 files of a card, of whatever revision, where there are any; raises ModelError."""
        for path in self._folder.glob(f"{card.network}.int8-*"):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise ModelError(f"{path} could not be removed: {error.strerror or error}") from error

    def _quantised_paths(self, card: ModelCard) -> tuple[Path, ...]:
        """Where the int8 files of a card belong: other ones where its files or their conversion change."""
        digests = (hashlib.sha256(_origin(file).encode()).hexdigest() for file in card.files)
        return tuple(self._folder / f"{card.network}.int8-{digest[:12]}.onnx" for digest in digests)

    def distrust(self, card: ModelCard) -> None:
        """Let the bytes of the files of a card be read the next time, even where they look as they were left."""
        for file in card.files:
            for name in (file.file, *((file.conversion.file,) if file.conversion else ())):
                path = self._folder / name
                if stamp := _read_stamp(path):
                    _keep_stamp(path, replace(stamp, modified_ns=0))

    def is_cached(self, card: ModelCard) -> bool:
        """Whether all files are here and whole, so that `paths` needs no network."""
        return all(map(self._is_here, card.files))

    def _is_here(self, file: WeightFile) -> bool:
        if not file.sources:
            return any((folder / file.file).exists() for folder in (*self._home, _BUNDLED))
        if file.conversion and self._is_intact(self._folder / file.conversion.file, _origin(file)):
            return True
        return self._is_intact(self._folder / file.file, file.sha256, file.sha256)

    def _delivered(self, card: ModelCard, file: WeightFile) -> Path:
        if not file.sources:
            return self._owned(card, file)
        path = self._folder / file.file
        if self._is_intact(path, file.sha256, file.sha256):
            return path
        is_damaged = path.exists()
        if is_damaged:
            _log.warning("the cached file %s is damaged or of another version, it is fetched anew", path)
        try:
            self._fetch(card, file, path)
        except ModelError as error:
            if is_damaged:
                raise ModelCorrupt(f"the cached file {path} is damaged and could not be replaced: {error}") from error
            raise
        return path

    def _owned(self, card: ModelCard, file: WeightFile) -> Path:
        """A file that the package brings along or the home holds, read once at every start: no stamp can lie there."""
        candidates = (folder / file.file for folder in (*self._home, _BUNDLED))
        path: Path | None = next(filter(Path.is_file, candidates), None)
        if path is None:
            raise ModelUnavailable(
                f"the model {card.name} lacks its file {file.file}; import it, or install mien, anew"
            )
        try:
            _check(path, file)
        except ModelCorrupt as error:
            raise ModelCorrupt(f"the file {path} is damaged; import {card.name}, or install mien, anew") from error
        return path

    def _fetch(self, card: ModelCard, file: WeightFile, path: Path) -> None:
        """Ask the sources in order until one delivers the promised bytes, and move them into the cache."""
        tried: list[str] = []
        is_wrong = False
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for source in file.sources:
                with tempfile.TemporaryDirectory(dir=self._folder, prefix=".fetch-") as folder:
                    candidate = Path(folder, file.file)
                    try:
                        deliver(source, candidate, self._mirror, self._progress)
                        _check(candidate, file)
                    except ModelError as error:
                        is_wrong = is_wrong or isinstance(error, ModelCorrupt)
                        tried.append(f"{source}: {error}")
                        continue
                    self._keep(candidate, path, file.sha256, file.sha256)
                    return
        except OSError as error:
            raise ModelUnavailable(f"{path} could not be written: {error.strerror or error}") from error
        kind = ModelCorrupt if is_wrong else ModelUnavailable
        told = [f"tried {'; '.join(tried)}", card.to_be_given, f"upstream: {card.upstream}" if card.upstream else ""]
        raise kind(f"no source delivered {file.file} of the model {card.name}; {'; '.join(filter(None, told))}")

    def _converted(self, card: ModelCard, file: WeightFile, conversion: Conversion) -> Path:
        path = self._folder / conversion.file
        if self._is_intact(path, _origin(file)):
            return path
        original = self._delivered(card, file)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._folder, prefix=".convert-") as folder:
                candidate = Path(folder, conversion.file)
                convert(conversion.name, original, candidate)
                self._keep(candidate, path, _origin(file), sha256_of(candidate))
        except OSError as error:
            raise ModelUnavailable(f"{path} could not be written: {error.strerror or error}") from error
        return path

    @staticmethod
    def _keep(candidate: Path, path: Path, origin: str, sha256: str) -> None:
        candidate.replace(path)
        _write_stamp(path, origin, sha256)

    @staticmethod
    def _is_intact(path: Path, origin: str, sha256: str | None = None) -> bool:
        """Whether the bytes are those of ``sha256`` or, where it is not known beforehand, those once kept."""
        stamp = _read_stamp(path)
        if stamp is not None and stamp.origin != origin:
            stamp = None
        try:
            state = path.stat()
            if stamp and (stamp.size_bytes, stamp.modified_ns) == (state.st_size, state.st_mtime_ns):
                return True
            expected = sha256 or (stamp.sha256 if stamp else None)
            if expected is None or sha256_of(path) != expected:
                return False
        except OSError:
            return False
        _write_stamp(path, origin, expected)
        return True


def _origin(file: WeightFile) -> str:
    """What the file that runs depends on."""
    return f"{file.sha256} converted by revision {REVISION}" if file.conversion else file.sha256


def _check(candidate: Path, file: WeightFile) -> None:
    size = candidate.stat().st_size
    if size != file.size_bytes:
        raise ModelCorrupt(f"it delivered {size} bytes, promised are {file.size_bytes}")
    found = sha256_of(candidate)
    if found != file.sha256:
        raise ModelCorrupt(f"it delivered other bytes (sha256 {found[:12]}…, promised {file.sha256[:12]}…)")


def _stamp_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.verified")


def _read_stamp(path: Path) -> _Stamp | None:
    try:
        return _Stamp(**json.loads(_stamp_path(path).read_bytes()))
    except (OSError, ValueError, TypeError):  # absent or not ours: the file is verified anew
        return None


def _write_stamp(path: Path, origin: str, sha256: str) -> None:
    """Note a verified file; a cache that cannot be written still works, its files are read at every start."""
    try:
        state = path.stat()
    except OSError:
        return
    _keep_stamp(path, _Stamp(origin, sha256, state.st_size, state.st_mtime_ns))


def _keep_stamp(path: Path, stamp: _Stamp) -> None:
    try:
        _stamp_path(path).write_text(json.dumps(asdict(stamp)), encoding="utf-8")
    except OSError:
        with suppress(OSError):
            _stamp_path(path).unlink()
