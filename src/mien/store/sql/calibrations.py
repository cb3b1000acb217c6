"""Calibrations in SQL: one row for each model."""

import json

from sqlalchemy import delete, insert, select

from mien.domain.faces import EmbeddingModel
from mien.store.calibrations import KeptCalibration
from mien.store.sql import tables
from mien.store.sql.database import Database
from mien.store.sql.people.templates import model_id, stored_model_id

_calibrations = tables.calibrations.c


class SqlCalibrations:
    """The store of calibrations over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, calibration: KeptCalibration) -> None:
        with self._database.writing() as connection:
            number = model_id(connection, calibration.model)
            connection.execute(delete(tables.calibrations).where(_calibrations.model_id == number))
            row = {"model_id": number, "at": calibration.at, "figures": json.dumps(dict(calibration.figures))}
            connection.execute(insert(tables.calibrations).values(row))

    def of(self, model: EmbeddingModel) -> KeptCalibration | None:
        with self._database.reading() as connection:
            where = _calibrations.model_id == stored_model_id(connection, model)
            row = connection.execute(select(tables.calibrations).where(where)).first()
        return None if row is None else KeptCalibration(model, row.at, json.loads(row.figures))

    def drop(self, model: EmbeddingModel) -> bool:
        with self._database.writing() as connection:
            where = _calibrations.model_id == stored_model_id(connection, model)
            return bool(connection.execute(delete(tables.calibrations).where(where)).rowcount)
