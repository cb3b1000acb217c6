"""Whose expressions may be read: the policy that pipelines are given."""

from typing import Protocol

from mien.domain.identity import Identity, Match, Undecided, Unknown
from mien.domain.readings import FaceReading


class ExpressionPermission(Protocol):
    """Says whose expressions may be read. Safe for several threads; asked for every face of every frame."""

    def may_read(self, person_id: str) -> bool:
        """Whether the expressions of an enrolled person may be read."""
        ...

    def may_read_stranger(self, person_id: str) -> bool:
        """Whether the expressions of a stranger, who is asked about nothing and may have said no, may be read."""
        ...

    def may_read_undecided(self) -> bool:
        """Whether expressions may be read of a face that may still turn out to be anybody's who is looked for."""
        ...


class NobodyAsked:
    """The permission where people are not asked: everybody's expressions are read."""

    def may_read(self, person_id: str) -> bool:  # noqa: ARG002  the protocol's
        return True

    def may_read_stranger(self, person_id: str) -> bool:  # noqa: ARG002  the protocol's
        return True

    def may_read_undecided(self) -> bool:
        return True


NOBODY_ASKED = NobodyAsked()


def is_refused(permission: ExpressionPermission, identity: Identity) -> bool:
    """Whether a face is that of somebody whose expressions may not be read, or may still turn out to be."""
    match identity:
        case Match():
            return not permission.may_read(identity.person_id)
        case Undecided():
            return not permission.may_read_undecided()
        case Unknown():  # one without an id is none of the strangers who could have said no
            return bool(identity.person_id) and not permission.may_read_stranger(identity.person_id)


def is_withheld(permission: ExpressionPermission, face: FaceReading) -> bool:
    """Whether a face was found to be that of somebody whose expressions may not be read: waiting brings none."""
    if face.identity == "undecided" or not face.person_id:
        return False
    is_known = face.identity == "known"
    return not (permission.may_read if is_known else permission.may_read_stranger)(face.person_id)
