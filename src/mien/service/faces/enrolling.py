"""Enrolling before a browser's camera: somebody is challenged, or an operator vouches for them; snapshots follow."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from fastapi import HTTPException
from pydantic import ValidationError

from mien.domain.errors import MienError, PeopleChanged
from mien.domain.people.assurance import Presence
from mien.engine.guiding import GuidedEnrolment, Kept
from mien.gallery.challenge.challenge import Progress
from mien.gallery.enrolment.admission import Terms
from mien.gallery.enrolment.guidance import Advice
from mien.gallery.names import name_to_enrol
from mien.gallery.roster import Roster
from mien.service.faces.login import Challenging, Eyesight
from mien.service.faces.schemas import BeginEnrolment, EnrolmentResult
from mien.service.faces.snapping import TOO_FEW, Snapping, Studio
from mien.service.live.sockets import WRONG_KIND, Leave
from mien.service.people.desk import Consenting, check_named, check_new
from mien.service.people.schemas import Enrolled, PictureOutcome
from mien.service.revisions import check_seen, etag_of
from mien.store.people import PeopleStore
from mien.telemetry.wording import spoken

LEAST_SNAPSHOTS = 3
ORIGIN = "browser camera"
NOT_LIVE = "your face was not seen live: try again, in good light"


@dataclass(frozen=True, slots=True)
class CameraEnrolling:
    """Enrols whoever sits before the camera of an operator's browser; ``consenting`` raises ModelError.

    ``settle`` is called once snapshots are kept, and returns remarks on what else became of it; raises MienError.
    """

    eyesight: Eyesight
    studio: Studio
    people: PeopleStore
    roster: Roster
    consenting: Callable[[], Consenting]
    settle: Callable[[GuidedEnrolment, Kept], tuple[str, ...]]

    def begin(self, text: str) -> "Enrollee":
        """Whoever a first message tells of.

        Raises Leave where it is none, UsageError, PersonUnknown, GalleryError for whom or for what it asks, ModelError.
        """
        try:
            asked = BeginEnrolment.model_validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise Leave(WRONG_KIND, f"the first message: {where} {first['msg']}".replace("  ", " ")) from error
        seen = Seen(asked.seen, self.people)
        seen.check()
        name, person_id = self._whom(asked)
        presence: Presence = "challenged" if asked.challenge else "vouched"
        terms = self.consenting().terms(asked.consent, presence=presence)
        terms = replace(terms, person_id=person_id, for_newcomers=not person_id)
        snapping = self.studio.begin(name, terms)
        challenging = self.eyesight.challenge() if asked.challenge else None
        return Enrollee(self.eyesight, snapping, challenging, seen, terms, self.settle)

    def _whom(self, asked: BeginEnrolment) -> tuple[str, str]:
        """The tidy name, and the id; of who is new there is none yet."""
        if asked.person_id is not None:
            person = self.roster.find(asked.person_id)
            check_named(person)
            return person.name, person.person_id
        name = name_to_enrol(asked.name or "")
        check_new(self.people, name)
        return name, ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What an operator saw of people, as ETags by id, before one of them sat down."""

    etags: Mapping[str, str]
    people: PeopleStore

    def check(self) -> None:
        """Raise PeopleChanged where somebody changed them since, PersonUnknown."""
        try:
            check_seen(self.etags, self.people)
        except HTTPException as error:  # an answer on a socket has no status
            raise PeopleChanged(error.detail) from error

    def etag(self, person_id: str) -> str | None:
        """What stands for somebody now."""
        person = self.people.person(person_id)
        return etag_of(person) if person else None


@dataclass(slots=True)
class Enrollee:
    """One person before the camera, who is challenged unless an operator vouches; not for several threads at once."""

    eyesight: Eyesight
    snapping: Snapping
    challenging: Challenging | None
    seen: Seen
    terms: Terms
    settle: Callable[[GuidedEnrolment, Kept], tuple[str, ...]]
    _is_barred: bool = False

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to see."""
        return self._is_barred or self.snapping.is_over

    @property
    def is_asking(self) -> bool:
        """Whether a move or a snapshot was asked for, for which there is more time."""
        return self.challenging is None or self.challenging.challenge.is_asking

    def see(self, jpeg: bytes) -> Progress | Advice:
        """Judge a frame; raises SourceUnreadable, ModelError."""
        if self.challenging is None or self.challenging.challenge.is_over:
            return self.snapping.see(jpeg)
        progress = self.challenging.see(jpeg)
        if progress.phase == "passed":
            evidence = self.challenging.challenge.evidence
            self.snapping.keep_to(evidence)
            self._is_barred = not self.eyesight.doorkeeper().is_live(evidence)
        return progress

    def leave(self) -> None:
        """Nobody fails here by leaving: an operator is logged in, and may try as often as they like."""

    def fail(self, reason: str) -> EnrolmentResult:
        """Say why nobody is enrolled."""
        return EnrolmentResult(detail=reason)

    def end(self) -> EnrolmentResult:
        """Take the snapshots in, all of them that the gallery takes, and say so; or why there are none."""
        if self._is_barred:
            return self.fail(NOT_LIVE)
        if self.snapping.taken < LEAST_SNAPSHOTS:
            refused = self.snapping.guided.guidance.refused.most_common(1)
            return self.fail(f"{TOO_FEW} ({spoken(refused[0][0])})" if refused else TOO_FEW)
        try:
            self.seen.check()
            kept = self.snapping.guided.keep(ORIGIN)
        except MienError as error:
            return self.fail(spoken(str(error)))
        if not kept.poses:
            return self.fail(f"no snapshot was taken in: {'; '.join(map(spoken, dict.fromkeys(kept.refused)))}")
        try:
            became = self.settle(self.snapping.guided, kept)
        except MienError as error:  # the snapshots are kept all the same
            became = (str(error),)
        return EnrolmentResult(enrolled=self._enrolled(kept, became))

    def _enrolled(self, kept: Kept, became: tuple[str, ...]) -> Enrolled:
        remark = "; ".join(map(spoken, dict.fromkeys((*kept.remarks, *became))))
        accepted = [
            PictureOutcome(picture=f"snapshot {place} ({pose})", outcome="accepted", reason="")
            for place, pose in enumerate(kept.poses, 1)
        ]
        accepted[-1].reason = remark
        refused = [PictureOutcome(picture="snapshot", outcome="refused", reason=spoken(one)) for one in kept.refused]
        return Enrolled(
            person_id=kept.person_id,
            etag=self.seen.etag(kept.person_id),
            is_new=self.terms.for_newcomers,
            is_dry_run=False,
            is_declared=not self.terms.is_given,
            accepted=len(accepted),
            skipped=0,
            refused=len(refused),
            pictures=[*accepted, *refused],
        )
