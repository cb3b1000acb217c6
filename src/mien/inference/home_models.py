"""The models of one home: those that were imported into it, and whose terms of use were accepted in it."""

import json
import logging
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from typing import IO, Literal

from mien.domain.clock import Clock, SystemClock
from mien.domain.errors import ModelError, ModelNotAccepted
from mien.inference.catalog import read_card, write_card
from mien.inference.model_card import ModelCard

FREE = ("any", "demonstration")
"""Uses that nobody is asked about."""
_log = logging.getLogger(__name__)
_PENDING, _CARD, _REFERENCE = ".write-", ".card.json", ".reference.json"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """That somebody accepted the terms of a model: when, which they were, of which file, and where it was said.

    An answer of the ``command`` holds until it is taken back, one of the ``settings`` as long as they give it.
    ``digest`` is that of the model's files; an answer without one was given to a file that is not known any more.
    """

    at: str
    allowed_use: str
    licence_weights: str
    digest: str = ""
    given_by: Literal["command", "settings"] = "command"

    def covers(self, card: ModelCard) -> bool:
        """Whether it was given to these terms and these files, not to others of that name."""
        given = (self.allowed_use, self.licence_weights, self.digest)
        return given == (card.allowed_use, card.licence_weights, card.digest)


class HomeModels:
    """What lies under ``models`` in a home: cards and files of imported models, and ``accepted.json``."""

    def __init__(self, home: Path, clock: Clock | None = None) -> None:
        self._folder = home / "models"
        self._clock = clock or SystemClock()

    def accepted(self) -> Mapping[str, Acceptance]:
        """The recorded answers by name of the model; raises ModelError where the record cannot be read."""
        path = self._folder / "accepted.json"
        try:
            return {name: Acceptance(**row) for name, row in json.loads(path.read_text(encoding="utf-8")).items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            reason = error.strerror if isinstance(error, OSError) else " ".join(str(error).split())
            raise ModelError(
                f"{path} is no record of accepted models ({reason}): put it right, or remove it and accept anew with "
                "mien models accept NAME"
            ) from error

    def accept(self, card: ModelCard, given_by: Literal["command", "settings"] = "command") -> None:
        """Record that the terms of a model are accepted, and which they are; a standing answer stays as it is.

        Raises ModelError where the home cannot be written.
        """
        with self._alone():
            answers = dict(self.accepted())
            standing = answers.get(card.name)
            if standing and standing.covers(card) and standing.given_by in ("command", given_by):
                return
            at = self._clock.now().isoformat(timespec="seconds")
            answers[card.name] = Acceptance(at, card.allowed_use, card.licence_weights, card.digest, given_by)
            self._record(answers)

    def add(self, card: ModelCard, files: Mapping[str, Path], reference: str) -> None:
        """Keep a model: its files, by the names the card gives them, and its stored outputs as text.

        The card comes last, so that the model is there or not. Raises ModelError where the home cannot be written, or
        holds a model of the name by now.
        """
        with self._alone():
            if self._card(card.name).exists():
                raise ModelError(
                    f"there is a model called {card.name} already; remove yours, or choose another with --name"
                )
            for name, origin in files.items():
                write_whole(self._folder / name, partial(shutil.copyfile, origin))
            self._write(self.reference(card).name, reference)
            self._write(self._card(card.name).name, write_card(card))

    def update(self, card: ModelCard) -> None:
        """Keep what the card of an imported model says by now; raises ModelError where that is gone, or another."""
        with self._alone():
            path = self._card(card.name)
            if not path.exists() or read_card(path).digest != card.digest:
                raise ModelError(f"{card.name} was removed or imported anew meanwhile")
            self._write(path.name, write_card(card))

    def reference(self, card: ModelCard) -> Path:
        """Where the stored outputs of an imported model lie."""
        return self._folder / f"{card.name}{_REFERENCE}"

    def remove(self, name: str) -> None:
        """Forget an imported model, whatever its card says, and that its terms were accepted.

        Raises ModelError where the home holds none of the name, or cannot be written.
        """
        folder = self._folder
        if name not in (path.name.removesuffix(_CARD) for path in folder.glob(f"*{_CARD}")):
            raise ModelError(f"{name} was not imported, there is nothing to remove")
        with self._alone():
            answers = dict(self.accepted())
            if answers.pop(name, None):
                self._record(answers)
            self._card(name).unlink(missing_ok=True)
            (folder / f"{name}{_REFERENCE}").unlink(missing_ok=True)
            for file in folder.glob(f"{name}@*"):
                file.unlink()

    def _card(self, name: str) -> Path:
        return self._folder / f"{name}{_CARD}"

    def _record(self, answers: Mapping[str, Acceptance]) -> None:
        """Keep the answers; the home is this process's alone."""
        if not answers:
            (self._folder / "accepted.json").unlink(missing_ok=True)
            return
        self._write("accepted.json", json.dumps({name: asdict(one) for name, one in answers.items()}, indent=2))

    def _write(self, name: str, text: str) -> None:
        write_whole(self._folder / name, lambda path: path.write_text(text, encoding="utf-8"))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the folder against other processes, and clear away what one that was killed left half written."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with (self._folder / ".lock").open("ab") as lock:
                take_lock(lock)
                for path in self._folder.glob(f"{_PENDING}*"):
                    path.unlink(missing_ok=True)
                yield
        except OSError as error:
            raise ModelError(f"{self._folder} could not be written: {error.strerror or error}") from error


def write_whole(target: Path, write: Callable[[Path], object]) -> None:
    """Let a file be written beside its place and move it there: it is whole or not there at all; raises ModelError."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        pending = target.with_name(f"{_PENDING}{secrets.token_hex(6)}")
        try:
            write(pending)
            pending.replace(target)
        finally:
            pending.unlink(missing_ok=True)
    except OSError as error:
        raise ModelError(f"{target} could not be written: {error.strerror or error}") from error


def take_lock(lock: IO[bytes]) -> None:
    """Wait until a file is held by no other process; it is let go as it is closed, or its process ends."""
    if sys.platform == "win32":
        import msvcrt

        lock.seek(0)
        msvcrt.locking(lock.fileno(), msvcrt.LK_LOCK, 1)
    else:
        import fcntl

        fcntl.flock(lock, fcntl.LOCK_EX)


def is_accepted(card: ModelCard, answers: Mapping[str, Acceptance], also: tuple[str, ...] = ()) -> bool:
    """Whether a model may run: its use is free, or its terms were accepted, in an answer or by its name in ``also``."""
    answer = answers.get(card.name)
    stands = answer is not None and answer.given_by == "command" and answer.covers(card)
    return card.allowed_use in FREE or card.name in also or stands


def check_accepted(card: ModelCard, home: HomeModels, also: tuple[str, ...] = ()) -> None:
    """See that a model may run; where it does because the settings name it in ``also``, that is recorded in the home.

    Raises ModelNotAccepted where its use is restricted and its terms were neither accepted nor named.
    """
    if card.allowed_use in FREE:
        return
    if card.name in also:
        _record(card, home)
        return
    answers = home.accepted()
    if is_accepted(card, answers):
        return
    before = answers.get(card.name)
    is_changed = before is not None and before.given_by == "command"
    since = f"; terms or file changed since {before.at[:10]}" if before and is_changed else ""
    kind = "copyleft" if card.allowed_use == "copyleft" else "for research only"
    raise ModelNotAccepted(
        f"{card.name} is {kind} (licence of its weights: {card.licence_weights}{since}): "
        f"mien models show {card.name} tells its terms, mien models accept {card.name} accepts them"
    )


def _record(card: ModelCard, home: HomeModels) -> None:
    """Keep the answer that the settings give; a home that cannot be read or written is no reason not to run."""
    try:
        before = home.accepted().get(card.name)
        if before and before.covers(card):
            return
        if before:
            _tell_change(card.name, before.at[:10], f"{card.allowed_use}, {card.licence_weights}")
        home.accept(card, "settings")
    except ModelError as error:
        _log.info("that the settings accept the terms of %s is not on record: %s", card.name, error)


@cache
def _tell_change(name: str, before: str, terms: str) -> None:
    """Said once, also where the new answer cannot be recorded."""
    text = (
        "the terms of %s or its file changed since they were accepted on %s; now they are %s: accepted_models names it"
    )
    _log.warning(text, name, before, terms)
