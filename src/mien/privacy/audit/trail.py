"""The one way into the audit log: by the outbox of the database, which notes the last entry of the log."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from mien.domain.clock import Clock
from mien.gallery.witness import NOTHING
from mien.privacy.audit.chain import Verdict
from mien.privacy.audit.entry import Entry
from mien.privacy.audit.head import Head
from mien.privacy.audit.log import AuditLog
from mien.privacy.audit.words import check_words
from mien.store.journal import Fact, Outbox

_PATIENCE = timedelta(minutes=1)  # what is begun takes moments: a process that has not ended it by then is dead


class AuditTrail:
    """The `Witness` of a home. Of every entry its database notes the number and the hash.

    So an older copy of the log is shown by the database, even where all that lies beside the log is of the same age.
    """

    def __init__(self, log: AuditLog, outbox: Outbox, clock: Clock) -> None:
        self._log = log
        self._outbox = outbox
        self._clock = clock

    def append(self, action: str, people: tuple[str, ...] = (), facts: Mapping[str, Fact] = NOTHING) -> Entry:
        """Write an entry, behind what the outbox has; the database holds nothing of it but its number and hash.

        Raises StoreError where that cannot be, ValueError where the log has no word for something.
        """
        check_words(action, people, facts)
        self.catch_up()
        entry = self._outbox.tell(action, people, facts, self.hear)
        assert isinstance(entry, Entry), "it is what was heard"
        return entry

    def hear(
        self, action: str, people: tuple[str, ...] = (), facts: Mapping[str, Fact] = NOTHING, actor: str = ""
    ) -> Entry:
        """Write an entry of what the outbox hands over, and notes; raises as `append` does."""
        return self._log.append(action, people, facts, actor)

    @contextmanager
    def telling(self, action: str, people: tuple[str, ...] = (), facts: Mapping[str, Fact] = NOTHING) -> Iterator[None]:
        """Do something outside the database within this, such as moving a file to its place, and it is on record.

        Where it raises OSError it was not done, and nothing is on record. Where anything else ends it, as a kill does,
        nobody knows, and the log says later that it was interrupted; what took too long is told both ways, the last of
        which is right. Raises as `append` does.
        """
        check_words(action, people, facts)
        self.catch_up()
        note_id = self._outbox.begin(action, people, facts, self._clock.now())
        try:
            yield
        except OSError:
            self._outbox.end(note_id, None, self.hear)
            raise
        self._outbox.end(note_id, (action, people, facts), self.hear)

    def catch_up(self, about: Collection[str] = ()) -> int:
        """Write what the outbox has, and what was begun a while ago and never ended; how much it was.

        What was begun and names people, by ids that are to stand there no longer, is not waited for.
        """
        return self._outbox.deliver(self.hear, self._clock.now() - _PATIENCE, about)

    def entries(self, last: int | None = None) -> Iterator[Entry]:
        """All entries, or the last ones, the oldest first; raises StoreError."""
        return self._log.entries(last)

    def latest(self, action: str) -> Entry | None:
        """The last entry of an action; raises StoreError."""
        return self._log.latest(action)

    def verify(self) -> Verdict:
        """Whether the log is what was written, and holds the entry that the database noted; raises StoreError."""
        noted = self._outbox.last_heard()
        return self._log.verify(*((Head(*noted),) if noted else ()))
