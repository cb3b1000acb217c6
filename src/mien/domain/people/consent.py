"""What a person agreed to: for which use, by which text, since when and until when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

Scope = Literal["identify", "expression", "keep"]
"""*identify*: to be recognised by templates of one's face; *expression*: that one's apparent expression is read and
kept; *keep*: that pictures of one's face are kept."""

SCOPES: tuple[Scope, ...] = get_args(Scope)


DECLARED = "operator"
"""The version of the text where there is none."""

DECLARATION = "declared by the operator"
"""What is noted as proof where nobody gave consent in so many words, and an operator answers for it."""


@dataclass(frozen=True, slots=True)
class NewConsent:
    """Consent that is being given: the uses, the version of the text that was agreed to, and what proves it."""

    scopes: frozenset[Scope]
    version: str
    evidence: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """Consent of a person to one use, as it is on record."""

    person_id: str
    scope: Scope
    version: str
    evidence: str
    given_at: datetime
    expires_at: datetime | None = None
    withdrawn_at: datetime | None = None

    def is_valid(self, at: datetime) -> bool:
        """Whether it holds at a moment."""
        return self.withdrawn_at is None and (self.expires_at is None or at < self.expires_at)

    @property
    def is_declared(self) -> bool:
        """Whether nothing stands behind it but the declaration of an operator."""
        return (self.version, self.evidence) == (DECLARED, DECLARATION)
