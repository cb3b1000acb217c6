"""Enrolling people from picture files, with a word about every picture."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from mien.domain.errors import EnrolmentRefused, GalleryError, MienError, SourceNotFound, StoreError
from mien.domain.people.people import folded_name
from mien.gallery.enrolment.admission import Admission, Terms, View
from mien.gallery.enrolment.sight import Sight
from mien.gallery.names import name_to_enrol, tidy_name
from mien.sources.images import SentPicture, check_file
from mien.telemetry.text import writable

Outcome = Literal["accepted", "skipped", "refused"]


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What became of one picture: its path as given, the name as it is kept, and the reason or a remark.

    ``skipped`` are pictures that are enrolled already and files that belong to nobody, which have no name. A name that
    cannot be kept stands as it was given. Whoever was not there before the first of their pictures ``is_new``.
    """

    picture: Path
    name: str
    outcome: Outcome
    reason: str = ""
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Intake:
    """What became of the pictures of one person: how many were accepted, were there already, and were refused.

    Of several spellings of the name it bears that of the first picture that is in the gallery.
    """

    name: str
    counts: Mapping[str, int]
    standing: Literal["new", "known", "not enrolled"]

    @property
    def is_any_in(self) -> bool:
        """Whether any of these pictures is in the gallery."""
        return self.counts["accepted"] + self.counts["skipped"] > 0


def by_person(enrolments: Iterable[Enrolment]) -> tuple[Intake, ...]:
    """What became of the pictures of each person, however the name is spelt, in the order of their first ones."""
    own: dict[str, list[Enrolment]] = {}
    for one in enrolments:
        if one.name:
            own.setdefault(_same(one.name), []).append(one)
    return tuple(map(_intake, own.values()))


def counts_of(enrolments: Iterable[Enrolment]) -> dict[str, int]:
    """How many pictures there are of each outcome."""
    found = Counter(one.outcome for one in enrolments)
    return {outcome: found[outcome] for outcome in get_args(Outcome)}


def _same(name: str) -> str:
    """What all spellings of a name have in common; one that cannot be kept as it is."""
    try:
        return folded_name(tidy_name(name))
    except GalleryError:
        return name


def _intake(pictures: list[Enrolment]) -> Intake:
    counts = counts_of(pictures)
    name = next((one.name for one in pictures if one.outcome != "refused"), pictures[0].name)
    if not any(one.is_new for one in pictures):
        return Intake(name, counts, "known")
    return Intake(name, counts, "new" if counts["accepted"] else "not enrolled")


class Enroller:
    """Enrols people into a gallery, or rehearses it: then it says what it would do, and keeps nothing.

    Not for several threads at once. A rehearsal compares pictures with who is enrolled and with those of the same name
    before them.
    Every method raises StoreError where the store cannot be used; every other trouble is the outcome of one picture.
    """

    def __init__(self, admission: Admission, sight: Sight, terms: Terms, *, is_rehearsal: bool = False) -> None:
        self._admission = admission
        self._sight = sight
        self._terms = terms
        self._is_rehearsal = is_rehearsal
        self._met: set[str] = set()  # of whom something is in the gallery, and consent as these terms say on record
        admission.start_anew()

    def import_folder(self, folder: Path) -> Iterator[Enrolment]:
        """Enrol a tree ``name/picture``, a folder a person, picture by picture in alphabetical order.

        Hidden files are passed over. Raises SourceNotFound where there is no such folder.
        """
        if not folder.is_dir():
            raise SourceNotFound(f"{folder} is not a folder of people")
        for entry in sorted(folder.iterdir()):
            if entry.name.startswith("."):
                continue
            if not entry.is_dir():
                yield Enrolment(entry, "", "skipped", "it lies in no person's folder")
                continue
            pictures = sorted(path for path in entry.rglob("*") if not path.is_dir() and not path.name.startswith("."))
            if pictures:
                yield from self.enrol(entry.name, pictures)
            else:
                is_new = not self._admission.knows(_same(entry.name))
                yield Enrolment(entry, entry.name, "refused", "the folder holds no picture", is_new)

    def enrol(self, name: str, pictures: Iterable[Path | SentPicture]) -> Iterator[Enrolment]:
        """Enrol pictures under a name, old or new; a person is made with the first picture that is accepted."""
        try:
            tidied = name_to_enrol(name)
        except GalleryError as error:
            yield from (Enrolment(_path(one), name, "refused", str(error), is_new=True) for one in pictures)
            return
        is_new = not self._admission.knows(tidied)
        for picture in pictures:
            try:
                outcome, reason = self._enrol(tidied, picture)
            except StoreError:
                raise
            except MienError as error:
                outcome, reason = "refused", str(error).removeprefix(f"{picture} ")
            except OSError as error:
                outcome, reason = "refused", f"it cannot be read: {error.strerror}"
            yield Enrolment(_path(picture), tidied, outcome, reason, is_new)
        if not self._is_rehearsal:
            self._admission.limit(tidied)

    def _enrol(self, name: str, picture: Path | SentPicture) -> tuple[Outcome, str]:
        digest = _digest(picture)
        if self._admission.has(name, digest):
            return "skipped", "; ".join(("enrolled already", *self._renewed(name, picture, digest)))
        portrait = self._sight.portrait(self._sight.open_picture(picture))
        if self._is_rehearsal:
            remark = self._admission.rehearse(name, portrait, self._terms, digest)
        else:
            remark = self._admission.admit(name, portrait, writable(picture.name), self._terms, digest)
        self._met.add(folded_name(name))
        return "accepted", remark

    def _renewed(self, name: str, picture: Path | SentPicture, digest: str) -> Iterator[str]:
        """Do for somebody of whom a picture is known what else the terms ask for; tells what that is."""
        if folded_name(name) not in self._met:
            if self._admission.consent_due(name, self._terms):
                if not self._is_rehearsal:
                    self._admission.put_on_record(name, self._terms)
                yield "consent is put on record"
            self._met.add(folded_name(name))
        if self._admission.lacks(name, digest, self._terms):
            try:
                view = View(self._sight.portrait(self._sight.open_picture(picture)), writable(picture.name), digest)
            except EnrolmentRefused:  # these models take it no more, and it is enrolled all the same
                return
            if not self._is_rehearsal:
                self._admission.restore(name, view, self._terms)
            yield "the picture itself is stored"


def _digest(picture: Path | SentPicture) -> str:
    """By what the bytes of a picture are known again; raises SourceNotFound, SourceUnreadable, OSError."""
    if isinstance(picture, SentPicture):
        return hashlib.sha256(picture.content).hexdigest()
    check_file(str(picture))
    with picture.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _path(picture: Path | SentPicture) -> Path:
    return picture if isinstance(picture, Path) else Path(picture.name)
