"""What a table is: columns with types and meanings, what makes a row unique, what it is partitioned by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SqlType = Literal["STRING", "INT64", "FLOAT64", "BOOL", "DATE", "TIMESTAMP", "JSON"]


@dataclass(frozen=True)
class Column:
    """One column. ``values`` lists the only values allowed; ``minimum`` and ``maximum`` bound numbers, ends included."""

    name: str
    type: SqlType
    meaning: str
    nullable: bool = False
    values: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Table:
    """One table. ``key`` identifies a row; ``partition`` is what a stage replaces as a whole (empty: append-only)."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    partition: tuple[str, ...] = ()

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)
