"""What is kept of people, in one hand: for those who take them in and put them in order."""

from dataclasses import dataclass

from mien.gallery.witness import Witness
from mien.store.consents import ConsentStore
from mien.store.journal import Journal, Outbox
from mien.store.media import MediaStore
from mien.store.people import PeopleStore


@dataclass(frozen=True, slots=True)
class Registry:
    """The stores of people, and who hears of what is done to them."""

    people: PeopleStore
    journal: Journal
    consents: ConsentStore
    media: MediaStore
    outbox: Outbox
    witness: Witness

    def tell(self) -> None:
        """Let the witness hear of what was done, and of what a process died over before."""
        self.outbox.deliver(self.witness.hear)
