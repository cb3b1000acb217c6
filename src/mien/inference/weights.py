"""The cache of model files: fetched at first use, verified, converted where needed, and there from then on."""

import hashlib
import json
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import platformdirs

from mien.domain.errors import ModelCorrupt, ModelError, ModelUnavailable
from mien.inference.conversion.converting import REVISION, convert
from mien.inference.fetching import FetchProgress, SilentProgress, deliver
from mien.inference.model_card import Conversion, ModelCard

_BUNDLED = Path(__file__).with_name("bundled")


@dataclass(frozen=True, slots=True)
class _Stamp:
    """What a cached file was when it was last verified, so that its bytes need not be read at every start."""

    origin: str
    sha256: str
    size_bytes: int
    modified_ns: int


class WeightStore:
    """Model files by card. Safe to use from several threads and processes at once: files appear whole or not at all."""

    def __init__(self, cache: Path, mirror: Path | None = None, progress: FetchProgress | None = None) -> None:
        self._folder = cache / "models"
        self._mirror = mirror
        self._progress = progress or SilentProgress()
        self._lock = threading.Lock()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], progress: FetchProgress | None = None) -> Self:
        """The store under ``MIEN_CACHE`` or the platform's cache folder, with the mirror ``MIEN_MODELS_MIRROR``."""
        cache = environment.get("MIEN_CACHE") or platformdirs.user_cache_dir("mien", appauthor=False)
        mirror = environment.get("MIEN_MODELS_MIRROR")
        return cls(Path(cache).expanduser(), Path(mirror).expanduser() if mirror else None, progress)

    def path(self, card: ModelCard) -> Path:
        """Where the file of a card lies, fetched, verified and converted if it was not yet.

        Raises ModelUnavailable, which lists what was tried, and ModelCorrupt where all there is are wrong bytes.
        """
        with self._lock:
            if card.conversion is None:
                return self._delivered(card)
            return self._converted(card, card.conversion)

    def is_cached(self, card: ModelCard) -> bool:
        """Whether the file is here and whole, so that `path` needs no network."""
        if not card.sources:
            return (_BUNDLED / card.file).exists()
        if card.conversion and self._is_intact(self._folder / card.conversion.file, _origin(card)):
            return True
        return self._is_intact(self._folder / card.file, card.sha256, card.sha256)

    def _delivered(self, card: ModelCard) -> Path:
        if not card.sources:
            return _bundled(card)
        path = self._folder / card.file
        if self._is_intact(path, card.sha256, card.sha256):
            return path
        is_damaged = path.exists()
        try:
            self._fetch(card, path)
        except ModelError as error:
            if is_damaged:
                raise ModelCorrupt(f"the cached file {path} is damaged and could not be replaced: {error}") from error
            raise
        return path

    def _fetch(self, card: ModelCard, path: Path) -> None:
        """Ask the sources in order until one delivers the promised bytes, and move them into the cache."""
        tried: list[str] = []
        is_wrong = False
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for source in card.sources:
                with tempfile.TemporaryDirectory(dir=self._folder, prefix=".fetch-") as folder:
                    candidate = Path(folder, card.file)
                    try:
                        deliver(source, candidate, self._mirror, self._progress)
                        _check(candidate, card)
                    except ModelError as error:
                        is_wrong = is_wrong or isinstance(error, ModelCorrupt)
                        tried.append(f"{source}: {error}")
                        continue
                    self._keep(candidate, path, card.sha256, card.sha256)
                    return
        except OSError as error:
            raise ModelUnavailable(f"{path} could not be written: {error.strerror or error}") from error
        kind = ModelCorrupt if is_wrong else ModelUnavailable
        raise kind(f"no source delivered {card.file} of the model {card.name}; tried " + "; ".join(tried))

    def _converted(self, card: ModelCard, conversion: Conversion) -> Path:
        path = self._folder / conversion.file
        if self._is_intact(path, _origin(card)):
            return path
        original = self._delivered(card)
        try:
            with tempfile.TemporaryDirectory(dir=self._folder, prefix=".convert-") as folder:
                candidate = Path(folder, conversion.file)
                convert(conversion.name, original, candidate)
                self._keep(candidate, path, _origin(card), _sha256(candidate))
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
            if expected is None or _sha256(path) != expected:
                return False
        except OSError:
            return False
        _write_stamp(path, origin, expected)
        return True


def _origin(card: ModelCard) -> str:
    """What a converted file depends on."""
    return f"{card.sha256} converted by revision {REVISION}"


def _bundled(card: ModelCard) -> Path:
    """The file that the package brings along, read once at every start: a package can lie where no stamp can."""
    path = _BUNDLED / card.file
    if not path.is_file():
        raise ModelUnavailable(f"the package lacks its own file {path}; install mien anew")
    try:
        _check(path, card)
    except ModelCorrupt as error:
        raise ModelCorrupt(f"the file {path} of the package is damaged; install mien anew") from error
    return path


def _check(candidate: Path, card: ModelCard) -> None:
    size = candidate.stat().st_size
    if size != card.size_bytes:
        raise ModelCorrupt(f"it delivered {size} bytes, promised are {card.size_bytes}")
    found = _sha256(candidate)
    if found != card.sha256:
        raise ModelCorrupt(f"it delivered other bytes (sha256 {found[:12]}…, promised {card.sha256[:12]}…)")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
        stamp = _Stamp(origin, sha256, state.st_size, state.st_mtime_ns)
        _stamp_path(path).write_text(json.dumps(asdict(stamp)), encoding="utf-8")
    except OSError:
        with suppress(OSError):
            _stamp_path(path).unlink()
