"""One folder on its way in: which of its pictures wait to be looked at, and what became of the others."""

import secrets
from collections import deque
from collections.abc import Sequence

from mien.domain.accounts import Account
from mien.service.imports.folder import PersonsPicture
from mien.service.imports.schemas import ImportJob, JobState
from mien.service.imports.tally import Tally
from mien.service.people.desk import TakingIn

_ID_BYTES = 12


class Job:
    """One folder on its way in; whoever reads or changes it holds the lock of the book that it is in."""

    def __init__(self, owner: Account, total: int, taking: TakingIn, *, is_dry_run: bool, is_declared: bool) -> None:
        self.import_id = secrets.token_urlsafe(_ID_BYTES)
        self.account_id = owner.account_id
        self.total = total
        self.taking: TakingIn | None = taking
        self.is_dry_run = is_dry_run
        self.is_declared = is_declared
        self.tally = Tally()
        self.received = 0
        self.waiting: deque[PersonsPicture] = deque()
        self.waiting_bytes = 0
        self.is_receiving = self.is_at_work = self.is_whole = False
        self.over: JobState | None = None
        self.problem = ""
        self.touched_s = 0.0

    @property
    def state(self) -> JobState:
        """Where it is."""
        return self.over or ("running" if self.waiting or self.is_at_work else "waiting")

    def take(self) -> PersonsPicture:
        """The next picture that is to be looked at."""
        self.is_at_work = True
        one = self.waiting.popleft()
        self.waiting_bytes -= len(one.picture.content)
        return one

    def put(self, pictures: Sequence[PersonsPicture]) -> None:
        """Have pictures wait to be looked at."""
        self.waiting.extend(pictures)
        self.waiting_bytes += sum(len(one.picture.content) for one in pictures)

    def end(self, how: JobState, problem: str = "") -> None:
        """It is over, unless it was before: what waits is let go of."""
        if self.over is None:
            self.over, self.problem = how, problem
        self.waiting.clear()
        self.waiting_bytes = 0
        self.taking = None

    def end_where_done(self) -> None:
        """It is done once everything came and was looked at."""
        if self.is_whole and not self.waiting and not self.is_at_work:
            self.end("done")

    def told(self, notice: str = "") -> ImportJob:
        """It as it is told."""
        tally = self.tally
        return ImportJob(
            import_id=self.import_id,
            state=self.state,
            done=tally.done,
            total=self.total,
            received=self.received,
            people=len(tally.people),
            new_people=len(tally.new_people),
            pictures=tally.pictures,
            skipped=tally.skipped,
            refused=list(tally.refused),
            refused_count=tally.refused_count,
            remarks=list(tally.remarks),
            is_dry_run=self.is_dry_run,
            is_declared=self.is_declared,
            notice=notice,
            problem=self.problem,
        )
