"""What people are asked before they are enrolled: for which uses, by which text, and whether their word is enough."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from mien.domain.errors import EnrolmentRefused, UsageError
from mien.domain.people.consent import SCOPES, ConsentText, NewConsent, Scope, is_proof
from mien.privacy.consent import consent_told
from mien.privacy.purpose import NEED_A_BASIS, PrivacySettings, Purpose


@dataclass(frozen=True, slots=True)
class ConsentQuestions:
    """The questions of a home by its purpose, and its ``own`` text, which goes on record with the answers."""

    purpose: Purpose
    own: ConsentText

    @classmethod
    def of(cls, settings: PrivacySettings, words: str) -> Self:
        """Those of settings, and of a text in the words of the home, or mien's own where there are none."""
        return cls(Purpose.of(settings), ConsentText.of(words))

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """The uses that are asked about, in this order: being recognised is the first."""
        return tuple(one for one in SCOPES if one != "expression" or self.purpose.allows_expressions)

    @property
    def needs_proof(self) -> bool:
        """Whether nobody is taken in unless something is named that proves the consent, such as a signed form."""
        return self.purpose.name in NEED_A_BASIS

    def lacks_proof(self, evidence: str) -> bool:
        """Whether something is still to be named that proves the consent."""
        return self.needs_proof and not is_proof(evidence)

    def check_uses(self, agreed: frozenset[Scope]) -> None:
        """Raise EnrolmentRefused where somebody who is not enrolled yet does not want to be recognised."""
        if "identify" not in agreed:
            raise EnrolmentRefused("nobody is enrolled who does not want to be recognised")

    def told(self, agreed: frozenset[Scope], evidence: str, expires_at: datetime | None = None) -> NewConsent:
        """What goes on record of the answers; raises UsageError where nothing proves them, and something has to."""
        if self.lacks_proof(evidence):
            raise UsageError(f"for {self.purpose.name} nobody is enrolled unless something proves that they agreed")
        return consent_told(self.purpose, self.own, agreed, self.own.version, evidence, expires_at)
