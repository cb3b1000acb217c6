"""What the routes about privacy need of the rest."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from threading import Lock

from mien.domain.clock import Clock
from mien.gallery.roster import Unseen
from mien.privacy.audit.trail import AuditTrail
from mien.privacy.consent import ConsentRegister
from mien.privacy.exporting import PersonalExport
from mien.privacy.forgetting.forgetting import Forgetting
from mien.privacy.forgetting.leaving import Forgot
from mien.privacy.purging import Purging
from mien.privacy.purpose import PrivacySettings
from mien.service.people.desk import Consenting
from mien.store.accounts import AccountStore
from mien.store.people import PeopleStore


@dataclass(frozen=True, slots=True)
class PrivacyDesk:
    """What the routes about privacy need; one request at a time forgets or purges.

    ``unrecognised`` tells who is enrolled and cannot be known; ``heed`` has those who look at people heed at once that
    some may be gone.
    """

    settings: PrivacySettings
    people: PeopleStore
    register: ConsentRegister
    consenting: Consenting
    unrecognised: Callable[[], Mapping[str, Unseen]]
    forgetting: Forgetting
    export: PersonalExport
    purging: Purging
    trail: AuditTrail
    accounts: AccountStore
    clock: Clock
    heed: Callable[[Collection[str]], None] = lambda _: None
    alone: Lock = field(default_factory=Lock)

    def forget(self, who: str, agreed: Collection[str]) -> Forgot:
        """Forget somebody, as `Forgetting` does; nobody tells of them any more when it is done, traces left or not."""
        with self.alone:
            try:
                return self.forgetting.forget(who, agreed)
            finally:
                self.heed(agreed)
