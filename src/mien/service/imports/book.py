"""All imports that are going on: bounded in number and in memory, and looked at picture by picture, each in turn."""

import logging
from collections import deque
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from threading import Condition, Thread

from fastapi import HTTPException

from mien.domain.accounts import Account, acting, is_at_least
from mien.domain.clock import Clock
from mien.domain.errors import MienError, UsageError
from mien.gallery.enrolment.enroller import Enrolment
from mien.service.imports.folder import PersonsPicture
from mien.service.imports.job import Job
from mien.service.imports.schemas import ImportJob, ToldPicture
from mien.service.people.desk import TakingIn
from mien.telemetry.wording import spoken

MOST_TOTAL = 10_000
"""Pictures of one import."""
MOST_ACTIVE, MOST_OWN = 4, 2
"""Imports at once, of everybody and of one account."""
AHEAD_BYTES = 32 << 20
"""The next part is taken as soon as no more than that waits to be looked at."""
IDLE_S = 300.0
"""After which an import of which nothing comes is over."""
_KEPT_S, _MOST_KEPT = 3600.0, 64  # of those that are over
_STAYS = "what was taken in stays, and whoever imports the folder again goes on from there"
_FORGOTTEN = (
    "nothing is kept of who was forgotten here, so nobody can tell whether they are among the new people: remove from "
    "the folder whoever asked to be forgotten"
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Part:
    """Pictures that came together: the place of the first among all of the import, where it is told, and those that
    are refused at once."""

    at: int | None
    pictures: Sequence[PersonsPicture]
    refused: Sequence[ToldPicture]

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.pictures) + len(self.refused)


class ImportBook:
    """Begins, feeds and ends imports. Safe for several threads; one of its own looks at pictures until `close`.

    Imports are those of who began them: admins may look at them too, and for everybody else they are not there (404).
    """

    def __init__(
        self, clock: Clock, has_forgotten: Callable[[], bool], jobs: MutableMapping[str, Job] | None = None
    ) -> None:
        """``has_forgotten`` says whether anybody was ever forgotten in the home; raises StoreError.

        ``jobs`` are those of a book before that was closed: they are over, and told of on.
        """
        self._clock = clock
        self._has_forgotten = has_forgotten
        self._jobs: MutableMapping[str, Job] = {} if jobs is None else jobs
        self._turns: deque[Job] = deque()
        self._changed = Condition()
        self._worker: Thread | None = None
        self._is_closed = False

    def begin(self, owner: Account, total: int, make: Callable[[], Job]) -> ImportJob:
        """An import of so many pictures, for which it waits.

        Raises UsageError where it is too large, HTTPException (429) where too many are going on, and what ``make``
        does.
        """
        if total > MOST_TOTAL:
            raise UsageError(f"a folder of {total} pictures is too large: import at most {MOST_TOTAL} at once")
        with self._changed:
            self._check_room(owner)
        job = make()  # which may have to read all of the gallery
        with self._changed:
            self._check_room(owner)
            job.touched_s = self._clock.monotonic_s()
            self._jobs[job.import_id] = job
            return job.told()

    @contextmanager
    def receiving(self, import_id: str, who: Account) -> Iterator[None]:
        """Within this a part comes in; raises HTTPException (429) while another one does, or too much waits."""
        with self._changed:
            job = self._owned(import_id, who)
            _check_open(job)
            if job.is_receiving or job.waiting_bytes > AHEAD_BYTES:
                told = "pictures that came before are still being looked at: send these in a moment"
                raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, told, {"retry-after": "1"})
            job.is_receiving = True
        try:
            yield
        finally:
            with self._changed:
                job.is_receiving = False
                job.touched_s = self._clock.monotonic_s()

    def put(self, import_id: str, who: Account, part: Part) -> ImportJob:
        """Have a part wait to be looked at; what came before is not taken once more.

        Raises HTTPException (409) where it is not the next one, or more than was told of.
        """
        with self._changed:
            job = self._owned(import_id, who)
            _check_open(job)
            if part.at is not None and part.at < job.received:
                return job.told()
            if part.at is not None and part.at > job.received:
                told = f"a part is missing: the pictures from {job.received} on were expected, not from {part.at} on"
                raise HTTPException(HTTPStatus.CONFLICT, told)
            if job.received + part.size > job.total:
                told = f"these are more than the {job.total} pictures that the import began with"
                raise HTTPException(HTTPStatus.CONFLICT, told)
            job.received += part.size
            for one in part.refused:
                job.tally.refuse(one.name, one.reason)
            if part.pictures:
                job.put(part.pictures)
                self._have_turn(job)
            return job.told()

    def end(self, import_id: str, who: Account) -> ImportJob:
        """Nothing more comes of an import, which is done once all that came was looked at."""
        with self._changed:
            job = self._owned(import_id, who)
            if job.over is None:
                job.is_whole, job.total = True, job.received
                job.end_where_done()
        return self.told(import_id, who)

    def cancel(self, import_id: str, who: Account) -> ImportJob:
        """Look at nothing more of an import; what was taken in stays."""
        with self._changed:
            self._owned(import_id, who).end("cancelled")
        return self.told(import_id, who)

    def told(self, import_id: str, who: Account) -> ImportJob:
        """How far an import is; admins may ask for everybody's."""
        with self._changed:
            self._tidy()
            job = self._jobs.get(import_id)
            if job is None or (job.account_id != who.account_id and not is_at_least(who.role, "admin")):
                raise _absent()
            told = job.told()
        is_doubtful = told.state == "done" and told.new_people and not told.is_dry_run and self._has_forgotten()
        return told.model_copy(update={"notice": _FORGOTTEN}) if is_doubtful else told

    def close(self) -> None:
        """End all imports, as soon as the picture that is being looked at was."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
            for job in self._jobs.values():
                job.end("failed", f"the service was stopped: {_STAYS}")
            worker = self._worker
        if worker is not None:
            worker.join()

    def _owned(self, import_id: str, who: Account) -> Job:
        self._tidy()
        job = self._jobs.get(import_id)
        if job is None or job.account_id != who.account_id:
            raise _absent()
        return job

    def _check_room(self, owner: Account) -> None:
        """Raise HTTPException (429) where no import may begin."""
        self._tidy()
        active = [job for job in self._jobs.values() if job.over is None]
        own = sum(job.account_id == owner.account_id for job in active)
        if own >= MOST_OWN:
            told = f"{own} imports of yours are going on: let one of them end, or cancel it"
        elif len(active) >= MOST_ACTIVE or self._is_closed:
            told = f"{len(active)} imports are going on: begin yours when one of them has ended"
        else:
            return
        raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, told, {"retry-after": "10"})

    def _tidy(self) -> None:
        """End what nothing comes of any more, and forget what has been over for long."""
        now_s = self._clock.monotonic_s()
        for job in self._jobs.values():
            if job.state == "waiting" and not job.is_receiving and job.touched_s < now_s - IDLE_S:
                job.end("failed", f"nothing came for {IDLE_S / 60:g} minutes: {_STAYS}")
        over = [job for job in self._jobs.values() if job.over is not None]
        for place, job in enumerate(sorted(over, key=lambda one: -one.touched_s)):
            if place >= _MOST_KEPT or job.touched_s < now_s - _KEPT_S:
                del self._jobs[job.import_id]

    def _have_turn(self, job: Job) -> None:
        if job not in self._turns and not job.is_at_work:
            self._turns.append(job)
        if self._worker is None:
            self._worker = Thread(target=self._work, name="imports", daemon=True)
            self._worker.start()
        self._changed.notify_all()

    def _work(self) -> None:
        while (turn := self._next()) is not None:
            job, taking, one = turn
            found, problem = _looked(job, taking, one)
            with self._changed:
                self._settle(job, one, found, problem)

    def _next(self) -> tuple[Job, TakingIn, PersonsPicture] | None:
        """The next picture of the import whose turn it is; none once there are to be no more."""
        with self._changed:
            while not self._is_closed:
                while self._turns:
                    job = self._turns.popleft()
                    if job.waiting and job.taking is not None:
                        return job, job.taking, job.take()
                self._changed.wait()
            return None

    def _settle(self, job: Job, one: PersonsPicture, found: Enrolment | None, problem: str) -> None:
        job.is_at_work = False
        job.touched_s = self._clock.monotonic_s()
        if found is not None:
            job.tally.note(one.path, found)
        if problem:
            job.end("failed", f"{problem}; {_STAYS}")
        job.end_where_done()
        if job.waiting:
            self._have_turn(job)


def _looked(job: Job, taking: TakingIn, one: PersonsPicture) -> tuple[Enrolment | None, str]:
    """What became of a picture, or what ends its import."""
    try:
        with acting(f"account:{job.account_id}"):
            return taking.enrol(one.person, [one.picture])[0], ""
    except MienError as error:
        _log.error("an import has ended: %s", error)
        return None, spoken(str(error))
    except Exception as error:  # a defect ends one import, and is told
        _log.error("an import has ended: %r", error)
        _log.debug("what ended it", exc_info=error)
        return None, f"a defect ended it: {type(error).__name__}"


def _check_open(job: Job) -> None:
    """Raise HTTPException (409) where an import takes no more pictures."""
    if job.over is not None or job.is_whole:
        told = job.problem or f"this import {'was cancelled' if job.over == 'cancelled' else 'has ended'}"
        raise HTTPException(HTTPStatus.CONFLICT, told)


def _absent() -> HTTPException:
    return HTTPException(HTTPStatus.NOT_FOUND, "there is no such import, or none any more")
