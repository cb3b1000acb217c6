"""Enrolling in the window, over the models and people that its camera is analysed with."""

from dataclasses import dataclass
from functools import partial

from mien.desk.enrolling import DeskEnrolment, Keeping
from mien.domain.clock import Clock
from mien.domain.errors import EnrolmentRefused
from mien.domain.people.consent import NewConsent, Scope
from mien.domain.people.people import Person
from mien.domain.people.sittings import SITTING_S, SNAPSHOTS
from mien.engine.guiding import Sitting
from mien.gallery.enrolment.admission import Terms
from mien.gallery.gallery import Gallery
from mien.gallery.names import called, name_to_enrol
from mien.pipeline.tasks import Tasks
from mien.privacy.asking import ConsentQuestions
from mien.settings.tree import CameraSettings
from mien.sources.opening import source_name
from mien.wiring.assembly import Assembly
from mien.wiring.enrolment.joining import settled
from mien.wiring.people import build_admission, build_eyes_by, build_guided_enrolment


@dataclass(frozen=True, slots=True)
class HomeForm:
    """What the form asks for, by the purpose and the text of the home, and whom the window's gallery knows."""

    assembly: Assembly
    gallery: Gallery
    clock: Clock

    @property
    def text(self) -> str:
        return self._questions.own.text

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return self._questions.scopes

    @property
    def needs_proof(self) -> bool:
        return self._questions.needs_proof

    def knows(self, name: str) -> bool:
        return self.assembly.stores.people.named(name) is not None

    def terms(self, name: str, scopes: frozenset[Scope], proof: str, *, adds: bool) -> Terms:
        consent = self._questions.told(scopes, proof)
        is_given = not consent.is_declared and bool(scopes)
        person = self.assembly.stores.people.named(name) if adds else None
        if person is None:
            self._questions.check_uses(scopes)
        else:
            self._check_record(person, consent, is_given)
        terms = Terms(consent, is_given=is_given, for_newcomers=not adds, person_id=person.person_id if person else "")
        settings, stores = self.assembly.settings, self.assembly.stores
        build_admission(settings, stores, self.gallery.model, self.clock, self.gallery).check_consent(name, terms)
        return terms

    def _check_record(self, person: Person, told: NewConsent, is_given: bool) -> None:
        """Say what has to be filled in where somebody enrolled does not consent to be recognised, or not any more."""
        consents = self.assembly.stores.consents
        is_due = is_given or not consents.of(person.person_id)
        agreed = consents.scopes_of(person.person_id, self.clock.now()) | (told.scopes if is_due else frozenset())
        if "identify" not in agreed:
            raise EnrolmentRefused(
                f"{called(person)} does not consent to be recognised (any more): if they do now, tick that, and fill "
                "in what proves it"
            )

    @property
    def _questions(self) -> ConsentQuestions:
        settings = self.assembly.settings
        return ConsentQuestions.of(settings.privacy, settings.service.consent_text)


@dataclass(frozen=True, slots=True)
class DeskEnrolments:
    """Begins enrolments before one camera, by the models and the gallery by which people are known there."""

    assembly: Assembly
    own: CameraSettings
    clock: Clock
    snapshots: int = SNAPSHOTS
    timeout_s: float = SITTING_S

    @property
    def form(self) -> HomeForm:
        """What whoever sits down is asked first."""
        return HomeForm(self.assembly, self._models[1], self.clock)

    def begin(self, name: str, terms: Terms) -> DeskEnrolment:
        """Whoever it is of is known to the running cameras at once where it ends well, by what is in view too.

        The strangers as whom they were kept until then become them, which can be taken back.
        """
        (tasks, gallery), settings, stores = self._models, self.assembly.settings, self.assembly.stores
        eyes = build_eyes_by(settings, tasks, self.own)
        sitting = Sitting(name_to_enrol(name), terms, self.snapshots, self.timeout_s)
        guided = build_guided_enrolment(settings, stores, sitting, eyes, self.clock, gallery)
        settle = partial(settled, self.assembly, gallery, self.clock)
        keeping = Keeping(f"camera {source_name(self.own.source).removeprefix('webcam:')}", settle)
        enrolment = DeskEnrolment(guided, eyes.look, keeping, self.clock)
        enrolment.start()
        return enrolment

    @property
    def _models(self) -> tuple[Tasks, Gallery]:
        return self.assembly.pipelines.models(self.own.detection)


def build_desk_enrolments(assembly: Assembly, own: CameraSettings, clock: Clock) -> DeskEnrolments:
    """What enrols before a camera of the window; raises ModelError."""
    assembly.pipelines.models(own.detection)
    return DeskEnrolments(assembly, own, clock)
