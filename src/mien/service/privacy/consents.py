"""Routes that tell what people agreed to, and put on record that they do, or do not any more."""

from threading import Lock
from typing import Annotated

from fastapi import Query

from mien.domain.people.consent import Scope
from mien.gallery.names import called
from mien.privacy.consent import Remaining
from mien.service.area import Area
from mien.service.people.changing import DryRun
from mien.service.people.desk import done_once
from mien.service.people.schemas import ConsentAsked, PersonId
from mien.service.privacy.desk import PrivacyDesk
from mien.service.privacy.schemas import ConsentCard, ConsentGiven, Consents, ConsentWithdrawn, Gone, Stays
from mien.service.repeats import Repeats, Sent, digest_of_asked
from mien.service.revisions import IfMatch, check_unchanged
from mien.store.consents import LetGo

Scopes = Annotated[list[Scope], Query(min_length=1, max_length=3, description="To what it is taken back.")]


def add(router: Area, desk: PrivacyDesk, repeats: Repeats) -> None:
    """Add the routes to those of privacy."""
    _tell(router, desk)
    alone = Lock()  # between what was seen and what is done nobody else gives or takes back
    _give(router, desk, repeats, alone)
    _withdraw(router, desk, alone)


def _tell(router: Area, desk: PrivacyDesk) -> None:
    @router.get("/people/{person_id}/consents")
    def consents(person_id: PersonId) -> Consents:
        who, record = desk.register.on_record(person_id)
        now = desk.clock.now()
        cards = [
            ConsentCard(
                scope=one.scope,
                version=one.version,
                text=one.text,
                evidence=one.evidence,
                given_at=one.given_at,
                expires_at=one.expires_at,
                withdrawn_at=one.withdrawn_at,
                is_valid=one.is_valid(now),
                is_declared=one.is_declared,
            )
            for one in record
        ]
        _, valid = desk.register.foresee(person_id, desk.clock)
        return Consents(person_id=who.person_id, kind=who.kind, valid=sorted(valid), record=cards)


def _give(router: Area, desk: PrivacyDesk, repeats: Repeats, alone: Lock) -> None:
    @router.post("/people/{person_id}/consents")
    def give(
        person_id: PersonId,
        asked: ConsentAsked,
        sent: Sent,
        match: IfMatch = None,
        dry_run: DryRun = False,
    ) -> ConsentGiven:
        consent = desk.consenting.told(asked)

        def given() -> ConsentGiven:
            with alone:
                who, before = desk.register.foresee(person_id, desk.clock)
                check_unchanged(match, who)
                if not dry_run:
                    desk.register.give(person_id, consent, desk.clock)
            return ConsentGiven(
                person_id=who.person_id,
                given=sorted(consent.scopes),
                before=sorted(before),
                why_not=desk.unrecognised().get(who.person_id),
                is_dry_run=dry_run,
            )

        request = sent, digest_of_asked(f"consent {person_id} {dry_run}", asked)
        return done_once(repeats, request, desk.people, lambda done: [done.person_id], given)


def _withdraw(router: Area, desk: PrivacyDesk, alone: Lock) -> None:
    @router.delete("/people/{person_id}/consents")
    def withdraw(
        person_id: PersonId, scope: Scopes, match: IfMatch = None, dry_run: DryRun = False
    ) -> ConsentWithdrawn:
        register, scopes = desk.register, frozenset(scope)
        with alone:
            (who, _), gone = register.on_record(person_id), register.at_stake(person_id, scopes)
            check_unchanged(match, who)
            warnings = []
            if "identify" in scopes and "expression" not in register.remaining(person_id, scopes, desk.clock).scopes:
                warnings.append(f"{called(who)} is a stranger then, and the expressions of strangers are read")
            if not dry_run:
                gone = register.withdraw(person_id, scopes, desk.clock)
        return ConsentWithdrawn(
            person_id=who.person_id,
            withdrawn=sorted(scopes),
            gone=_gone(gone),
            stays=_stays(register.remaining(person_id, scopes, desk.clock)),
            warnings=warnings,
            is_dry_run=dry_run,
        )


def _gone(gone: LetGo) -> Gone:
    return Gone(
        templates=gone.templates,
        pictures=len(gone.crops),
        readings=gone.readings,
        visit_templates=gone.visit_templates,
        visit_pictures=gone.visit_crops,
        shifts=gone.shifts,
    )


def _stays(left: Remaining) -> Stays:
    return Stays(
        templates=left.templates,
        pictures=left.stored,
        readings=left.readings,
        visit_templates=left.visit_templates,
        visit_pictures=left.visit_stored,
        shifts=left.shifts,
        scopes=sorted(left.scopes),
        entries=left.pictures,
    )
