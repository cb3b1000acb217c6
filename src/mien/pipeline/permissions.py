"""Whose expressions may be read: the policy that pipelines are given."""

from typing import Protocol

from mien.domain.identity import Identity, Match


class ExpressionPermission(Protocol):
    """Says whose expressions may be read. Safe for several threads; asked for every face of every frame."""

    def may_read(self, person_id: str) -> bool:
        """Whether the expressions of an enrolled person may be read."""
        ...


class NobodyAsked:
    """The permission where people are not asked: everybody's expressions are read."""

    def may_read(self, person_id: str) -> bool:  # noqa: ARG002  the protocol's
        return True


NOBODY_ASKED = NobodyAsked()


def is_refused(permission: ExpressionPermission, identity: Identity) -> bool:
    """Whether a face is that of an enrolled person whose expressions may not be read."""
    return isinstance(identity, Match) and not permission.may_read(identity.person_id)
