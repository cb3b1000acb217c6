"""What people have to agree to before they are taken in, and who answers for it."""

from mien.domain.errors import UsageError
from mien.domain.people.consent import SCOPES, NewConsent, Scope
from mien.privacy.purpose import NEED_A_BASIS, Purpose

DECLARED = "operator"
"""The version of the text where there is none: an operator declares that people agreed."""


def scopes_of(text: str) -> frozenset[Scope]:
    """The uses that a text such as ``identify,keep`` names; raises UsageError."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words or (unknown := [word for word in words if word not in SCOPES]):
        wrong = f", got {unknown[0]!r}" if words else ""
        raise UsageError(f"expected uses that were consented to, of {', '.join(SCOPES)}{wrong}")
    return frozenset(scope for scope in SCOPES if scope in words)


def declaration(purpose: Purpose) -> NewConsent:
    """What an operator answers for who takes people in without a word about consent.

    Raises UsageError where the purpose is one in which people depend on who asks them: there consent is told.
    """
    if purpose.name in NEED_A_BASIS:
        raise UsageError(
            f"for {purpose.name} people are taken in only with what they consented to: --consent {','.join(SCOPES)}"
        )
    return NewConsent(frozenset(SCOPES), DECLARED, "declared by the operator")
