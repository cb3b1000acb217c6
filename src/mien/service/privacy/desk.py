"""What the routes about privacy need of the rest."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock

from mien.domain.clock import Clock
from mien.gallery.roster import Unseen
from mien.privacy.audit.trail import AuditTrail
from mien.privacy.consent import ConsentRegister
from mien.privacy.exporting import PersonalExport
from mien.privacy.forgetting.forgetting import Forgetting
from mien.privacy.purging import Purging
from mien.privacy.purpose import PrivacySettings
from mien.service.people.desk import Consenting


@dataclass(frozen=True, slots=True)
class PrivacyDesk:
    """What the routes about privacy need; one request at a time forgets or purges.

    ``unrecognised`` tells who is enrolled and cannot be known.
    """

    settings: PrivacySettings
    register: ConsentRegister
    consenting: Consenting
    unrecognised: Callable[[], Mapping[str, Unseen]]
    forgetting: Forgetting
    export: PersonalExport
    purging: Purging
    trail: AuditTrail
    clock: Clock
    alone: Lock = field(default_factory=Lock)
