"""What a deployment is for, and what that forbids.

The EU AI Act (Regulation 2024/1689) forbids systems that infer emotions of natural persons at the workplace and in
education institutions, except for medical or safety reasons (art. 5(1)(f)); research and development alone is outside
its scope (art. 2(6)). Who a face is and how good its picture is may be told there, under other rules.
"""

from dataclasses import dataclass, field
from typing import Literal, Self

from mien.privacy.retention import RetentionSettings

PurposeName = Literal["personal", "demo", "research", "media", "visitors", "security", "care", "workplace", "education"]
Basis = Literal["", "medical", "safety", "approved-research"]

MEANINGS: dict[PurposeName, str] = {
    "personal": "a person's own footage and people",
    "demo": "showing how mien works, on footage that is free to show",
    "research": "research and development, nobody is judged by the results",
    "media": "films, archives and newsrooms: footage that is there already",
    "visitors": "guests of places and occasions who know of it",
    "security": "who enters a place",
    "care": "patients and residents, in their own interest",
    "workplace": "people at their work, applicants too",
    "education": "pupils, students, and whoever sits an exam",
}
"""What each purpose stands for."""

NEED_A_BASIS: tuple[PurposeName, ...] = ("workplace", "education")


@dataclass(frozen=True, slots=True)
class PrivacySettings:
    """What the deployment is for, on which basis more is done than that allows, and what is hidden and removed.

    ``reference`` says which document the ``basis`` is written down in. With ``blur_strangers`` every face that is not
    known is blurred in annotated videos and pictures, in reports, and in what the web app shows of cameras.
    """

    purpose: PurposeName = "personal"
    basis: Basis = ""
    reference: str = ""
    blur_strangers: bool = False
    retention: RetentionSettings = field(default_factory=RetentionSettings)


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a deployment is for, as it was declared, and what follows."""

    name: PurposeName = "personal"
    basis: Basis = ""
    reference: str = ""

    @classmethod
    def of(cls, settings: PrivacySettings) -> Self:
        """What settings declare; blanks around a reference are none of it."""
        return cls(settings.purpose, settings.basis, settings.reference.strip())

    @property
    def allows_expressions(self) -> bool:
        """Whether expressions of people may be inferred."""
        return self.name not in NEED_A_BASIS or bool(self.basis and self.reference)

    @property
    def why_not(self) -> str:
        """Why expressions are not read, and what would change that; empty where they are."""
        if self.allows_expressions:
            return ""
        lacking = [key for key, value in (("basis", self.basis), ("reference", self.reference)) if not value]
        return (
            f"expressions are not read: for {self.name} the EU AI Act, art. 5(1)(f), forbids that without a "
            f"medical or safety reason or approved research; not written down: privacy.{', privacy.'.join(lacking)}"
        )
