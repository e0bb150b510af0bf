"""The embedded warehouse: one DuckDB file, written by one process at a time.

Derived tables are written by whole partitions inside a transaction: a killed run leaves the last good state.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from fancare.errors import WarehouseError
from fancare.warehouse.schema import Table
from fancare.warehouse.translate import duckdb_type, to_duckdb

URL_PREFIX = "duckdb:///"
COPIED_AT_ONCE = 100_000  # rows
_NOT_THE_QUERY = (
    duckdb.IOException, duckdb.FatalException, duckdb.InternalException, duckdb.TransactionException,
    duckdb.ConnectionException, duckdb.SerializationException,
)  # fmt: skip


class Warehouse:
    """Tables in a DuckDB file. Queries are GoogleSQL with ``@name`` parameters; `raw` takes DuckDB's own dialect.

    >>> with Warehouse.in_memory() as warehouse:
    ...     warehouse.rows("SELECT DATE_DIFF(@b, @a, DAY)", {"a": date(2026, 1, 1), "b": date(2026, 1, 29)})
    [(28,)]
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, location: str) -> None:
        self._connection, self.location = connection, location

    @classmethod
    def open(cls, path: Path, memory_limit: str = "1200MB", threads: int = 2, read_only: bool = False) -> Warehouse:
        """The warehouse in ``path``, made if missing; `WarehouseError` when it cannot be opened or is in use."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = duckdb.connect(str(path), read_only=read_only)
        except (duckdb.Error, OSError) as error:
            raise _not_opened(path, error) from None
        return cls._configured(connection, str(path), memory_limit, threads)

    @classmethod
    def in_memory(cls, memory_limit: str = "1200MB", threads: int = 1) -> Warehouse:
        """A warehouse that is gone when closed; for tests."""
        return cls._configured(duckdb.connect(":memory:"), ":memory:", memory_limit, threads)

    @classmethod
    def _configured(
        cls, connection: duckdb.DuckDBPyConnection, location: str, memory_limit: str, threads: int
    ) -> Warehouse:
        try:
            connection.execute("SET TimeZone = 'UTC'")  # DATE(ts, tz) is translated rightly only in UTC
            connection.execute("SET preserve_insertion_order = false")
            connection.execute("SET python_enable_replacements = false")  # a table name never means a Python variable
            if connection.execute("SELECT current_setting('enable_progress_bar')").fetchall() == [(True,)]:
                connection.execute("SET enable_progress_bar = false")  # off in notebooks, where setting it may fail
            connection.execute(f"SET threads = {int(threads)}")
            connection.execute("SET memory_limit = '" + memory_limit.replace("'", "''") + "'")
        except duckdb.Error as error:
            raise WarehouseError(
                f"[warehouse] memory_limit = {memory_limit!r}, threads = {threads}: {error}; use such as '1200MB' and 2."
            ) from None
        return cls(connection, location)

    def __enter__(self) -> Warehouse:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        try:
            self.close()
        except duckdb.Error as closing:
            error = error or closing
        if isinstance(error, duckdb.Error) and (stop := self._reason(error)):
            raise stop from None

    def close(self) -> None:
        self._connection.close()

    def _reason(self, error: duckdb.Error) -> WarehouseError | None:
        """What happened to the warehouse, in words; None for a mistake in a query, which is a defect."""
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        if isinstance(error, duckdb.OutOfMemoryException):
            return WarehouseError(
                f"The warehouse ran out of memory or room for its temporary files ({said}); raise [warehouse] memory_limit, "
                f"or free disk space beside {self.location}."
            )
        if isinstance(error, _NOT_THE_QUERY):
            return WarehouseError(
                f"The warehouse {self.location} cannot be read or written ({said}); check disk space and permissions, "
                f"then run again."
            )
        return None

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What duckdb raises inside, in words where it is about the warehouse."""
        try:
            yield
        except duckdb.Error as error:
            if stop := self._reason(error):
                raise stop from None
            raise

    # --- reading

    def rows(self, google_sql: str, parameters: Mapping[str, Any] | None = None) -> list[tuple]:
        """All rows of a GoogleSQL query as tuples."""
        return self.raw(to_duckdb(google_sql), parameters).fetchall()

    def value(self, google_sql: str, parameters: Mapping[str, Any] | None = None) -> Any:
        """The single value of a query that gives one row with one column."""
        ((value,),) = self.rows(google_sql, parameters)
        return value

    def arrow(self, google_sql: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
        """The result of a GoogleSQL query as an Arrow table."""
        return self._relation(google_sql, parameters).to_arrow_table()

    def batches(
        self, google_sql: str, parameters: Mapping[str, Any] | None = None, batch_rows: int = 20_000
    ) -> Iterator[pa.RecordBatch]:
        """The result of a GoogleSQL query in Arrow batches: memory stays bounded."""
        yield from self._relation(google_sql, parameters).to_arrow_reader(batch_rows)

    def _relation(self, google_sql: str, parameters: Mapping[str, Any] | None) -> Any:
        """A query as a relation: its Arrow output shares DuckDB's buffers, a cursor's copies them."""
        return self._connection.sql(to_duckdb(google_sql), params=parameters or None)

    # --- writing

    def execute(self, google_sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Run a GoogleSQL statement."""
        self.raw(to_duckdb(google_sql), parameters)

    def raw(self, duckdb_sql: str, parameters: Mapping[str, Any] | Sequence[Any] | None = None) -> Any:
        """Run a statement in DuckDB's own dialect: for reading files and keeping house, never for derived tables."""
        with self._told():
            return self._connection.execute(duckdb_sql, parameters) if parameters else self._connection.execute(duckdb_sql)

    def register(self, name: str, table: pa.Table | pa.RecordBatchReader) -> None:
        """Make an Arrow table readable as ``name`` until `unregister`."""
        self._connection.register(name, table)

    def unregister(self, name: str) -> None:
        with suppress(duckdb.TransactionException):  # after an error nothing goes until the rollback; that error matters
            self._connection.unregister(name)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: an error inside leaves every table as it was. Nested calls join the outer one."""
        if getattr(self, "_in_transaction", False):
            yield
            return
        with self._told():
            self._connection.begin()
        self._in_transaction = True
        try:
            yield
        except BaseException:
            with suppress(duckdb.Error):  # a warehouse that cannot go on has rolled back already
                self._connection.rollback()
            raise
        else:
            with self._told():
                self._connection.commit()
        finally:
            self._in_transaction = False

    # --- tables

    def has_table(self, name: str) -> bool:
        found = self.raw("SELECT 1 FROM duckdb_tables() WHERE table_name = ?", [name]).fetchall()
        return bool(found)

    def columns_of(self, name: str) -> tuple[str, ...]:
        """Column names of a table that exists, in order."""
        found = self.raw(
            "SELECT column_name FROM information_schema.columns WHERE table_name = ? ORDER BY ordinal_position", [name]
        ).fetchall()
        return tuple(column for (column,) in found)

    def create(self, table: Table) -> None:
        """Make the table if it is missing; one with other columns is dropped first (derived tables can be rebuilt)."""
        if self.has_table(table.name):
            if self.columns_of(table.name) == table.column_names:
                return
            self.raw(f'DROP TABLE "{table.name}"')
        columns = ", ".join(
            f'"{column.name}" {duckdb_type(column.type)}{"" if column.nullable else " NOT NULL"}' for column in table.columns
        )
        self.raw(f'CREATE TABLE "{table.name}" ({columns})')

    def replace_partition(
        self,
        table: Table,
        partition: Mapping[str, Any],
        google_sql: str,
        parameters: Mapping[str, Any] | None = None,
    ) -> int:
        """Replace one whole partition by the rows of a query (columns by name); returns how many rows it holds now."""
        if set(partition) != set(table.partition):
            raise ValueError(f"{table.name} is partitioned by {table.partition}, given {tuple(partition)}")
        where = " AND ".join(f'"{name}" = ${name}' for name in partition)
        names = ", ".join(f'"{name}"' for name in table.column_names)
        with self.transaction():
            self.create(table)
            self.raw(f'DELETE FROM "{table.name}" WHERE {where}', dict(partition))
            self.raw(f'INSERT INTO "{table.name}" BY NAME SELECT {names} FROM ({to_duckdb(google_sql)})', parameters)
            ((count,),) = self.raw(f'SELECT count(*) FROM "{table.name}" WHERE {where}', dict(partition)).fetchall()
        return int(count)

    def replace_partitions(
        self,
        table: Table,
        fixed: Mapping[str, Any],
        column: str,
        values: Sequence[Any],
        google_sql: str,
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        """Replace several partitions at once: those with ``fixed`` and any of ``values`` in ``column``.

        The query must give rows of these partitions only.
        """
        where = "".join(f' AND "{name}" = ${name}' for name in fixed)
        names = ", ".join(f'"{name}"' for name in table.column_names)
        with self.transaction():
            self.create(table)
            self.raw(f'DELETE FROM "{table.name}" WHERE list_contains($values, "{column}"){where}',
                     {**fixed, "values": list(values)})  # fmt: skip
            self.raw(f'INSERT INTO "{table.name}" BY NAME SELECT {names} FROM ({to_duckdb(google_sql)})', parameters)

    def create_temporary(self, name: str, google_sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """A table of this session only, replaced if it exists."""
        self.raw(f'CREATE OR REPLACE TEMP TABLE "{name}" AS {to_duckdb(google_sql)}', parameters)

    def day_fingerprints(self, table: str, day_column: str, known_on: date) -> dict[date, str]:
        """For each day of a table a fingerprint of its rows as they were known on ``known_on``, whatever their order."""
        rows = self.raw(
            f"SELECT \"{day_column}\", count(*), sum(hash(t)::HUGEINT) FROM ("
            f"SELECT * REPLACE (CASE WHEN known_until <= $day THEN known_until END AS known_until) "
            f'FROM "{table}" WHERE known_from <= $day) AS t GROUP BY "{day_column}"',
            {"day": known_on},
        ).fetchall()
        return {day: f"{count}-{mark:x}" for day, count, mark in rows}

    def replace_days(
        self,
        table: Table,
        days: Sequence[date],
        google_sql: str,
        parameters: Mapping[str, Any] | None = None,
    ) -> int:
        """Replace many days of a table partitioned by ``activity_date`` at once by the rows of a query over @days.

        Returns how many rows were written. The query must give rows of these days only.
        """
        names = ", ".join(f'"{name}"' for name in table.column_names)
        with self.transaction():
            self.create(table)
            self.raw(
                f'DELETE FROM "{table.name}" WHERE activity_date IN (SELECT unnest($days::DATE[]))', {"days": list(days)}
            )
            ((count,),) = self.raw(
                f'INSERT INTO "{table.name}" BY NAME SELECT {names} FROM ({to_duckdb(google_sql)})',
                {**(parameters or {}), "days": list(days)},
            ).fetchall()
        return int(count)

    def append(self, table: Table, rows: pa.Table) -> None:
        """Add rows (columns by name) to a table."""
        with self.transaction():
            self.create(table)
            self.register("_appended", rows)
            try:
                self.raw(f'INSERT INTO "{table.name}" BY NAME SELECT * FROM _appended')
            finally:
                self.unregister("_appended")

    def copy_to(
        self, other: Warehouse, table: Table, google_sql: str, parameters: Mapping[str, Any] | None = None
    ) -> None:
        """The rows of a query here (columns by name) as a table of another warehouse, in place of what it held there."""
        other.create(table)
        other.raw(f'DELETE FROM "{table.name}"')
        other.register("_copied", self._relation(google_sql, parameters).to_arrow_reader(COPIED_AT_ONCE))
        try:
            other.raw(f'INSERT INTO "{table.name}" BY NAME SELECT * FROM _copied')
        finally:
            other.unregister("_copied")


def _not_opened(path: Path, error: Exception) -> WarehouseError:
    said = str(error).splitlines()[0]
    if "lock" in said.lower():
        holder = re.search(r"PID (\d+)", said)
        by = f"another process ({holder[0]})" if holder else "another process"
        return WarehouseError(f"The warehouse {path} is in use by {by}; wait for it to end, then run again.")
    return WarehouseError(
        f"The warehouse {path} cannot be opened ({said}); check the path and its permissions, or move the file away to start "
        f"a new one."
    )


def open_url(url: str, folder: Path, memory_limit: str, threads: int, read_only: bool = False) -> Warehouse:
    """The warehouse at ``url``, made if missing; a relative DuckDB path starts at ``folder``."""
    return Warehouse.open(_path(url, folder), memory_limit, threads, read_only)


def open_existing(url: str, folder: Path, memory_limit: str, threads: int, read_only: bool = True) -> Warehouse:
    """The warehouse at ``url``; `WarehouseError` where there is none yet, and nothing is made."""
    path = _path(url, folder)
    if not path.exists():
        raise WarehouseError(f"There is no warehouse {path} yet; run `fancare ingest` first.")
    return Warehouse.open(path, memory_limit, threads, read_only)


def _path(url: str, folder: Path) -> Path:
    if not url.startswith(URL_PREFIX):
        raise WarehouseError(f"[warehouse] url = {url!r}: this engine opens duckdb:///path; give such a URL.")
    return (folder / url.removeprefix(URL_PREFIX)).resolve()
