"""The fifth schema: pictures with templates of several models; consent and journal; all of it sealed."""

import unicodedata
import uuid
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_AFAR = ", in the distance"
_PAGE = 5000


def upgrade() -> None:
    vault = op.get_context().opts["unlock"](op.get_bind())
    _people(vault)
    _pictures(vault)
    _answering()
    _keeping()
    _consent_of_old(vault)


def _people(vault: Any) -> None:
    connection = op.get_bind()
    old = connection.execute(sa.text("SELECT person_id, kind, name FROM people")).all()
    op.drop_column("people", "name")
    op.add_column("people", sa.Column("name", sa.LargeBinary))
    op.add_column("people", sa.Column("uid", sa.String))
    op.add_column("people", sa.Column("standing", sa.String, nullable=False, server_default="active"))
    op.add_column("people", sa.Column("standing_at", sa.DateTime))
    op.add_column("people", sa.Column("merged_into", sa.String))
    op.add_column("people", sa.Column("may_identify", sa.Boolean, nullable=False, server_default=sa.true()))
    op.add_column("people", sa.Column("revision", sa.BigInteger, nullable=False, server_default="0"))
    people = sa.table("people", *map(sa.column, ("person_id", "name", "name_key", "uid")))
    for person_id, kind, name in old:
        is_enrolled = kind == "enrolled"
        connection.execute(
            sa.update(people)
            .where(people.c.person_id == person_id)
            .values(
                name=vault.seal(name.encode(), _bound("people.name", person_id)) if is_enrolled else None,
                name_key=vault.blind(_key(name), b"name") if is_enrolled else None,
                uid=uuid.uuid4().hex,
            )
        )
    op.create_index("people_by_uid", "people", ["uid"], unique=True)
    op.create_index("people_by_revision", "people", ["revision"])
    op.create_index("people_by_merged_into", "people", ["merged_into"])
    op.create_table(
        "apart",
        *[
            sa.Column(name, sa.String, sa.ForeignKey("people.person_id"), primary_key=True)
            for name in ("person_id", "other_id")
        ],
    )
    op.create_index("apart_by_other", "apart", ["other_id"])


def _bound(column: str, *row: Any) -> bytes:
    """What a value of a row is sealed for."""
    return " ".join((column, *map(str, row))).encode()


def _key(name: str) -> bytes:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()).encode()


def _pictures(vault: Any) -> None:
    op.create_table(
        "embedding_models",
        sa.Column("model_id", _id, primary_key=True),
        *[sa.Column(name, sa.String, nullable=False) for name in ("network", "alignment", "detector", "precision")],
        sa.UniqueConstraint("network", "alignment", "detector", "precision", name="model_of_embeddings"),
    )
    op.create_table(
        "pictures",
        sa.Column("picture_id", _id, primary_key=True),
        sa.Column("person_id", sa.String, sa.ForeignKey("people.person_id"), nullable=False),
        sa.Column("quality", sa.Float, nullable=False),
        sa.Column("judge", sa.String),
        sa.Column("origin", sa.LargeBinary, nullable=False),
        sa.Column("digest", sa.LargeBinary),
        sa.Column("crop", sa.String, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("state_at", sa.DateTime),
        sqlite_autoincrement=True,
    )
    op.create_index("pictures_by_person", "pictures", ["person_id"])
    op.rename_table("templates", "old_templates")
    op.create_table(
        "templates",
        sa.Column("template_id", _id, primary_key=True),
        sa.Column("picture_id", _id, sa.ForeignKey("pictures.picture_id"), nullable=False),
        sa.Column("model_id", _id, sa.ForeignKey("embedding_models.model_id"), nullable=False),
        sa.Column("variant", sa.String, nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("picture_id", "model_id", "variant", name="template_of_a_picture"),
        sqlite_autoincrement=True,
    )
    _move_templates(vault)
    op.drop_table("old_templates")


def _move_templates(vault: Any) -> None:
    """Each template becomes a picture, but those of a picture seen from afar, which belong to it."""
    connection = op.get_bind()
    connection.execute(
        sa.text(
            "INSERT INTO embedding_models (network, alignment, detector, precision) "
            "SELECT DISTINCT network, alignment, detector, precision FROM old_templates"
        )
    )
    found = connection.execute(
        sa.text("SELECT model_id, network, alignment, detector, precision FROM embedding_models")
    ).all()
    models = {tuple(row[1:]): row[0] for row in found}
    pictures = sa.table("pictures", *map(sa.column, _PICTURE))
    templates = sa.table("templates", *map(sa.column, ("template_id", "picture_id", "model_id", "variant", "vector")))
    page, last, number = _old_page(0), 0, 0
    near: dict[tuple[Any, ...], int] = {}
    while page:
        new_pictures, new_templates = [], []
        for row in page:
            model_id = models[row.network, row.alignment, row.detector, row.precision]
            moment = (row.person_id, row.created_at, model_id)
            is_distant = row.origin.endswith(_AFAR) and (*moment, row.origin.removesuffix(_AFAR)) in near
            if not is_distant:
                number += 1
                near[(*moment, row.origin)] = number
                new_pictures.append(_picture(row, number, vault))
            picture_id = near[(*moment, row.origin.removesuffix(_AFAR))] if is_distant else number
            place = (picture_id, model_id, "distant" if is_distant else "plain")
            sealed = vault.seal(row.vector, _bound("templates.vector", row.person_id, *place))
            ids = (row.template_id, *place, sealed)
            new_templates.append(dict(zip(templates.c.keys(), ids, strict=True)))
            last = row.template_id
        if new_pictures:
            connection.execute(sa.insert(pictures), new_pictures)
        connection.execute(sa.insert(templates), new_templates)
        page = _old_page(last)
    _count_on()
    if number:  # the files follow once the schema is there
        facts = sa.table("facts", sa.column("name"), sa.column("value"))
        connection.execute(sa.insert(facts).values(name="plain_media", value="yes"))


_PICTURE = ("picture_id", "person_id", "quality", "origin", "digest", "crop", "created_at", "state")


def _picture(row: Any, number: int, vault: Any) -> dict[str, Any]:
    place = (row.person_id, number)
    digest = vault.seal(row.digest.encode(), _bound("pictures.digest", *place)) if row.digest else None
    crop = row.crop.replace(".png", ".face")
    origin = vault.seal(row.origin.encode(), _bound("pictures.origin", *place))
    values = (number, row.person_id, row.quality, origin, digest, crop, row.created_at, "active")
    return dict(zip(_PICTURE, values, strict=True))


def _old_page(after: int) -> list[Any]:
    query = sa.text("SELECT * FROM old_templates WHERE template_id > :after ORDER BY template_id LIMIT :page")
    return list(op.get_bind().execute(query, {"after": after, "page": _PAGE}).all())


def _count_on() -> None:
    """Ids of templates that were deleted must not come back: the new table counts on where the old one was."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    sequence = sa.table("sqlite_sequence", sa.column("name"), sa.column("seq"))
    last_id = connection.scalar(sa.select(sequence.c.seq).where(sequence.c.name == "old_templates"))
    if last_id is not None:
        connection.execute(sa.delete(sequence).where(sequence.c.name == "templates"))
        connection.execute(sa.insert(sequence).values(name="templates", seq=last_id))


def _answering() -> None:
    op.create_table(
        "consents",
        sa.Column("consent_id", _id, primary_key=True),
        sa.Column("person_id", sa.String, sa.ForeignKey("people.person_id"), nullable=False),
        sa.Column("scope", sa.String, nullable=False),
        sa.Column("version", sa.String, nullable=False),
        sa.Column("evidence", sa.LargeBinary, nullable=False),
        sa.Column("given_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime),
        sa.Column("withdrawn_at", sa.DateTime),
    )
    op.create_index("consents_by_person", "consents", ["person_id"])
    op.create_table(
        "changes",
        sa.Column("change_id", _id, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("steps", sa.LargeBinary, nullable=False),
        sa.Column("is_automatic", sa.Boolean, nullable=False),
        sa.Column("undone_at", sa.DateTime),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "outbox",
        sa.Column("note_id", _id, primary_key=True),
        *[sa.Column(name, sa.String, nullable=False) for name in ("action", "people", "facts")],
    )


def _keeping() -> None:
    op.create_table(
        "inner_keys",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "calibrations",
        sa.Column("model_id", _id, sa.ForeignKey("embedding_models.model_id"), primary_key=True),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("figures", sa.String, nullable=False),
    )
    op.create_table(
        "outputs",
        sa.Column("output_id", _id, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("path", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "tombstones",
        sa.Column("mark", sa.String, primary_key=True),
    )


def _consent_of_old(vault: Any) -> None:
    """Whoever is enrolled was enrolled by an operator who answered for it: that is what is on record."""
    connection = op.get_bind()
    names = ("person_id", "scope", "version", "evidence", "given_at")
    consents = sa.table("consents", *map(sa.column, names))
    enrolled = connection.execute(sa.text("SELECT person_id, created_at FROM people WHERE kind = 'enrolled'")).all()
    evidence = b"enrolled before consent was recorded"
    rows = [
        (person_id, scope, "operator", vault.seal(evidence, _bound("consents.evidence", person_id, scope)), created_at)
        for person_id, created_at in enrolled
        for scope in ("expression", "identify", "keep")
    ]
    if rows:
        connection.execute(sa.insert(consents), [dict(zip(names, row, strict=True)) for row in rows])
