"""The second schema: templates say in which precision they were made, readings what else was read of a face."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_OF_A_PICTURE = "template_of_a_picture"


def upgrade() -> None:
    _templates()
    _readings()


def _templates() -> None:
    """The precision becomes part of a template's model; in SQLite a constraint changes only with its whole table."""
    connection = op.get_bind()
    is_sqlite = connection.dialect.name == "sqlite"
    sequence = sa.table("sqlite_sequence", sa.column("name"), sa.column("seq"))
    of_templates = sequence.c.name == "templates"
    last_id = connection.scalar(sa.select(sequence.c.seq).where(of_templates)) if is_sqlite else None
    with op.batch_alter_table("templates", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.add_column(sa.Column("precision", sa.String, nullable=False, server_default="f32"))
        batch.drop_constraint(_OF_A_PICTURE, type_="unique")
        batch.create_unique_constraint(
            _OF_A_PICTURE, ["person_id", "digest", "network", "alignment", "detector", "precision"]
        )
    if last_id is not None:  # the copied table counts on from its own rows: ids of deleted ones would come back
        connection.execute(sa.delete(sequence).where(of_templates))
        connection.execute(sa.insert(sequence).values(name="templates", seq=last_id))


def _readings() -> None:
    for name in ("valence", "arousal", "liveness_score"):
        op.add_column("readings", sa.Column(name, sa.Float, nullable=False, server_default="0"))
    for name in ("valence_arousal_source", "liveness", "liveness_reason"):
        op.add_column("readings", sa.Column(name, sa.String, nullable=False, server_default=""))
    op.add_column("readings", sa.Column("pose", sa.LargeBinary))
