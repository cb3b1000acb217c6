"""Routes that forget a person for good, and hand over what is kept of one."""

from typing import Annotated, Any

from fastapi import Body
from fastapi.responses import JSONResponse, StreamingResponse

from mien.domain.errors import UsageError
from mien.gallery.curation.plan import Deed
from mien.privacy.bearers import Namesake
from mien.privacy.forgetting.leaving import Forgot, Leaving, Receipt
from mien.privacy.forgetting.telling import archives, stays, told
from mien.service.area import Area
from mien.service.people.changing import DryRun
from mien.service.people.schemas import PersonId
from mien.service.privacy.desk import PrivacyDesk
from mien.service.privacy.schemas import (
    ExportTold,
    ForgetAsked,
    ForgetTold,
    LeavingRecord,
    NamesakeTold,
    OutputTold,
    ReceiptTold,
)
from mien.service.repeats import Repeats, Sent
from mien.telemetry.wording import spoken

_ZIP: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
        "description": "Everything that is kept of the person; with dry_run, what would be in it.",
    }
}


def add(router: Area, desk: PrivacyDesk, repeats: Repeats) -> None:
    """Add the routes to those of privacy."""
    _forget(router, desk, repeats)
    _hand_over(router, desk)


def _forget(router: Area, desk: PrivacyDesk, repeats: Repeats) -> None:
    @router.post("/privacy/forget/{person_id}")
    def forget(
        person_id: PersonId,
        sent: Sent,
        asked: Annotated[ForgetAsked | None, Body()] = None,
        dry_run: DryRun = False,
    ) -> ForgetTold:
        if dry_run:
            return _told(desk.forgetting.plan(person_id), None)
        if asked is None:
            raise UsageError("agreed: name the ids of all who are to be forgotten, as the dry run tells them")
        agreed = sorted(set(asked.agreed))

        def forgotten() -> ForgetTold:
            done = desk.forget(person_id, agreed)
            return _told(done.leaving, done)

        return repeats.once(sent.account_id, sent.key, f"forget {person_id} {agreed}", forgotten)


def _hand_over(router: Area, desk: PrivacyDesk) -> None:
    @router.post("/privacy/export/{person_id}", response_model=ExportTold, responses=_ZIP)
    def export(person_id: PersonId, dry_run: DryRun = False) -> StreamingResponse | JSONResponse:
        if dry_run:
            handed = desk.export.foresee(person_id)
            foreseen = ExportTold(
                person_id=handed.person.person_id,
                counts=handed.counts,
                namesakes=list(map(_namesake, handed.namesakes)),
                lost=[one.picture_id for one in handed.lost],
                lost_of_visits=handed.lost_views,
            )
            return JSONResponse(foreseen.model_dump(mode="json"))
        handed, pieces = desk.export.hand_over(person_id)
        name = f'attachment; filename="{handed.person.person_id}.zip"'
        return StreamingResponse(pieces, media_type="application/zip", headers={"content-disposition": name})


def _told(leaving: Leaving, done: Forgot | None) -> ForgetTold:
    words = "; ".join(map(told, leaving.records))
    return ForgetTold(
        person_id=leaving.person_id,
        person_ids=list(leaving.person_ids),
        summary=Deed("forget", f"{words} for good").told(is_done=done is not None),
        warnings=[*archives(leaving), *map(stays, leaving.namesakes)],
        counts=leaving.counts,
        records=[
            LeavingRecord(
                person_id=one.person_id, person_ids=list(one.person_ids), standing=one.standing, counts=one.counts
            )
            for one in leaving.records
        ],
        namesakes=list(map(_namesake, leaving.namesakes)),
        archives=[path.name for path in leaving.exports],
        outside=[
            OutputTold(kind=one.kind, path=str(one.path), at=one.at, is_blotted=one.is_blotted)
            for one in leaving.outputs
        ],
        of_namesakes={one.file: one.count for one in done.of_namesakes} if done else {},
        receipt=_receipt(done.receipt) if done else None,
        is_dry_run=done is None,
    )


def _receipt(receipt: Receipt) -> ReceiptTold:
    fields = receipt.fields()
    return ReceiptTold.model_validate(fields | {"not_covered": list(map(spoken, receipt.not_covered))})


def _namesake(one: Namesake) -> NamesakeTold:
    return NamesakeTold(person_id=one.person.person_id, standing=one.person.standing, merged=one.merged)
