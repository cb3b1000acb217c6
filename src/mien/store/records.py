"""Everything that a home keeps, in one hand: the protocols, whatever stands behind them."""

from dataclasses import dataclass

from mien.store.accounts import AccountStore
from mien.store.calibrations import CalibrationStore
from mien.store.consents import ConsentStore
from mien.store.departures import Departures
from mien.store.history.events import EventStore
from mien.store.history.readings import ReadingStore
from mien.store.history.sightings import SightingStore
from mien.store.home import Home
from mien.store.journal import Journal, Outbox
from mien.store.media import MediaStore
from mien.store.moving.transfer import TransferStore
from mien.store.outputs import OutputStore
from mien.store.people import PeopleStore
from mien.store.retention import RetentionStore
from mien.store.vectors.snapshot import Snapshots


@dataclass(frozen=True, slots=True)
class Records:
    """What lies under the folder of a home, for those whose work goes across most of it."""

    home: Home
    people: PeopleStore
    journal: Journal
    outbox: Outbox
    consents: ConsentStore
    sightings: SightingStore
    media: MediaStore
    readings: ReadingStore
    events: EventStore
    retention: RetentionStore
    transfers: TransferStore
    calibrations: CalibrationStore
    outputs: OutputStore
    accounts: AccountStore
    departures: Departures
    snapshots: Snapshots
