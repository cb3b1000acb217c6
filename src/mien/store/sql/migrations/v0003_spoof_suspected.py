"""The third schema: an event may tell of a suspected spoof, with its score."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("events", sa.Column("liveness_score", sa.Float))
