"""A look into a log: which files it has, which columns they hold, and what is in them. Nothing is decided here.

A parquet log is looked at whole up to 20M rows (its columns are read one by one, which is quick). Of JSONL the first
200,000 lines are read, spread over the files, Mixpanel's nested ``properties`` laid flat.
"""

from __future__ import annotations

import gzip
import itertools
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from fancare.errors import ConfigError, DataQualityError
from fancare.events.source import ENDINGS
from fancare.events.staging import literal_path

if TYPE_CHECKING:
    import pyarrow as pa

    from fancare.warehouse.duckdb_engine import Warehouse

Kind = Literal["parquet", "mixpanel-export"]

MAX_LINES = 200_000
MAX_ROWS = 20_000_000
MAX_COLUMNS = 200
MAX_FILES = 24
EXAMPLES = 3
LARGE = 1e9
COUNTED_ROWS = 200_000  # beyond, many different values are counted approximately
TEXTS_CHECKED = 10_000  # rows in which text is tried as times and numbers


@dataclass(frozen=True)
class ColumnLook:
    """What one column of the sample holds.

    ``share_times``, ``share_numbers`` and ``share_digits``: of the values that are there, how many read as a time, as a
    number, or as a number with signs about it ("5,000", "₩5000").
    ``low``, ``high`` bound the middle 98% of the numbers where they are as large as times, else all of them; ``examples``
    are some values as text.
    """

    name: str
    type: str
    n_rows: int
    n_null: int
    n_distinct: int
    low: float | None
    high: float | None
    share_times: float
    share_numbers: float
    examples: tuple[str, ...]
    is_approximate: bool = False  # n_distinct
    share_digits: float = 0.0

    @property
    def is_number(self) -> bool:
        return self.type.split("(")[0] in NUMBERS

    @property
    def is_time(self) -> bool:
        return self.type.startswith(("TIMESTAMP", "DATE"))

    @property
    def is_text(self) -> bool:
        return self.type.split("(")[0] in ("VARCHAR", "UUID") or self.type.startswith("ENUM")

    @property
    def share_filled(self) -> float:
        return 1 - self.n_null / self.n_rows if self.n_rows else 0.0


NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
           "FLOAT", "DOUBLE", "DECIMAL")  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """The log's files and the looks at its columns; the rows are the view ``sample`` in the warehouse given."""

    kind: Kind
    files: tuple[Path, ...]
    other_files: int
    bytes: int
    n_rows: int
    is_whole: bool
    columns: tuple[ColumnLook, ...]

    def column(self, name: str) -> ColumnLook:
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


def find_log(log: Path) -> tuple[Kind, tuple[Path, ...], int]:
    """The kind and files of a log given as a file, a folder or a pattern, and how many files of the other kind lie there.

    Raises `ConfigError` where there is no file, `DataQualityError` where no file is parquet or lines of JSON.
    """
    import glob

    if log.is_file():
        found = [log]
    elif log.is_dir():
        endings = tuple(ending for some in ENDINGS.values() for ending in some)
        found = sorted(p for p in log.rglob("*") if p.is_file() and p.name.lower().endswith(endings))
        if not found:
            raise ConfigError(
                f"The folder {log} holds no event log; put parquet or JSONL files (gzip too) there, or name the file."
            )
    else:
        found = sorted(p for p in map(Path, glob.glob(str(log), recursive=True)) if p.is_file())
        if not found:
            what = "matches no file" if any(sign in str(log) for sign in "*?[") else "does not exist"
            raise ConfigError(f"The log {log} {what}; give a parquet or JSONL file, a folder of them, or a pattern.")
    by_kind: dict[Kind, list[Path]] = {"parquet": [], "mixpanel-export": []}
    for path in found:
        held = _kind_of(path)
        if held is not None:
            by_kind[held].append(path)
    kind: Kind = max(by_kind, key=lambda k: sum(p.stat().st_size for p in by_kind[k]))
    if not by_kind[kind]:
        empty = all(path.stat().st_size == 0 for path in found)
        problem = "is empty" if empty else "is neither parquet nor lines of JSON objects"
        raise DataQualityError(
            f"{found[0]} {problem}; export the log as a Mixpanel raw export (JSONL, gzip too) or as parquet."
        )
    return kind, tuple(by_kind[kind]), len(found) - len(by_kind[kind])


def take(warehouse: Warehouse, log: Path) -> Sample:
    """A look at ``log``; its rows can be queried as ``sample`` in ``warehouse`` afterwards."""
    kind, files, others = find_log(log)
    if kind == "parquet":
        n_total = _view_parquet(warehouse, files)
        is_whole = n_total <= MAX_ROWS
    else:
        table, is_whole = _read_lines(files)
        warehouse.register("sample", table)
    described = warehouse.raw("DESCRIBE SELECT * FROM sample").fetchall()[:MAX_COLUMNS]
    n_rows = warehouse.raw("SELECT count(*) FROM sample").fetchall()[0][0]
    if not n_rows:
        raise DataQualityError(f"{log} holds no rows; give a log with events in it.")
    return Sample(
        kind=kind,
        files=files,
        other_files=others,
        bytes=sum(path.stat().st_size for path in files),
        n_rows=n_rows,
        is_whole=is_whole,
        columns=tuple(_look(warehouse, name, type_, n_rows) for name, type_, *_ in described),
    )


def quoted(column: str) -> str:
    """A column as a quoted name in DuckDB's dialect."""
    return '"' + column.replace('"', '""') + '"'


def _kind_of(path: Path) -> Kind | None:
    try:
        with path.open("rb") as stream:
            start = stream.read(4)
            if start == b"PAR1":
                return "parquet"
            if start[:2] == b"\x1f\x8b":
                stream.seek(0)
                with gzip.open(stream) as unzipped:
                    start = unzipped.read(64)
            else:
                start += stream.read(60)
    except PermissionError:
        raise ConfigError(f"{path} may not be read; check its permissions.") from None
    except (OSError, EOFError, zlib.error) as error:
        raise DataQualityError(f"{path} cannot be read ({error}); export it again.") from None
    return "mixpanel-export" if start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{") else None


def _view_parquet(warehouse: Warehouse, files: tuple[Path, ...]) -> int:
    """The view ``sample`` over the files; returns how many rows they hold."""
    import duckdb

    try:
        paths = ", ".join("'" + literal_path(path).replace("'", "''") + "'" for path in files)
        source = f"read_parquet([{paths}], union_by_name = true)"
        (n_rows,) = warehouse.raw(f"SELECT count(*) FROM {source}").fetchall()[0]
        warehouse.raw(f"CREATE OR REPLACE TEMP VIEW sample AS SELECT * FROM {source} LIMIT {MAX_ROWS}")
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise DataQualityError(f"{files[0]} cannot be read as parquet ({reason}); export it again.") from None
    return int(n_rows)


def _read_lines(files: tuple[Path, ...]) -> tuple[pa.Table, bool]:
    """The first lines of each file as a table with one column per property; True when that is all there is."""
    import orjson
    import pyarrow as pa

    chosen = files if len(files) <= MAX_FILES else files[:: -(-len(files) // MAX_FILES)]
    each = MAX_LINES // len(chosen)
    values: dict[str, list[Any]] = {}
    n, is_whole, n_bad = 0, chosen == files, 0
    for path in chosen:
        lines = _lines(path)
        for line in itertools.islice(lines, each):
            try:
                record = orjson.loads(line)
            except orjson.JSONDecodeError:
                record = None
            if not isinstance(record, dict):
                n_bad += bool(line.strip())
                continue
            properties = record.get("properties")
            if isinstance(properties, dict):
                record = {**{key: item for key, item in record.items() if key != "properties"}, **properties}
            for key, item in record.items():
                column = values.get(key)
                if column is None:
                    if len(values) >= MAX_COLUMNS:
                        continue
                    column = values[key] = []
                if len(column) < n:
                    column.extend([None] * (n - len(column)))
                column.append(item)
            n += 1
        is_whole = is_whole and next(lines, None) is None
    if not n:
        raise DataQualityError(
            f"{files[0]}: none of its first {n_bad:,} lines is a JSON object; export the log as JSONL or parquet."
        )
    return pa.table({key: _column(column, n) for key, column in values.items()}), is_whole


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as raw:
            zipped = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            with gzip.open(raw) if zipped else raw as stream:
                yield from stream
    except (OSError, EOFError, zlib.error):
        return  # cut off somewhere: what came before serves for a look; ingest will refuse the file


def _column(values: list[Any], n: int) -> pa.Array:
    """A property's values as one type: whole numbers, numbers, truth values, or text where they differ."""
    import orjson
    import pyarrow as pa

    values = values + [None] * (n - len(values))
    types = {type(item) for item in values} - {type(None)}
    if types == {bool}:
        return pa.array(values, pa.bool_())
    if types == {int}:
        try:
            return pa.array(values, pa.int64())
        except OverflowError:
            pass
    elif types and types <= {int, float}:
        return pa.array([None if item is None else float(item) for item in values], pa.float64())
    texts = [item if item is None or isinstance(item, str) else orjson.dumps(item).decode() for item in values]
    return pa.array(texts, pa.string())


def _look(warehouse: Warehouse, column: str, type_: str, n_rows: int) -> ColumnLook:
    name = quoted(column)
    is_number = type_.split("(")[0] in NUMBERS
    is_text = type_ == "VARCHAR"
    n_filled, n_distinct = warehouse.raw(f"SELECT count({name}), approx_count_distinct({name}) FROM sample").fetchall()[0]
    is_approximate = n_filled > COUNTED_ROWS and not (n_distinct <= 5_000 and n_filled <= 10 * COUNTED_ROWS)
    if not is_approximate:
        (n_distinct,) = warehouse.raw(f"SELECT count(DISTINCT {name}) FROM sample").fetchall()[0]
    n_distinct = min(n_distinct, n_filled)
    low = high = None
    if is_number:
        finite = f"FILTER (isfinite({name}::DOUBLE))"
        low, high = warehouse.raw(
            f"SELECT min({name}) {finite}::DOUBLE, max({name}) {finite}::DOUBLE FROM sample"
        ).fetchall()[0]
        if high is not None and high >= LARGE:  # a few wrong clocks must not hide that these are times
            low, high = warehouse.raw(
                f"SELECT approx_quantile({name}::DOUBLE, 0.01), approx_quantile({name}::DOUBLE, 0.99) FROM sample"
            ).fetchall()[0]
    times = numbers = digits = 0.0
    if is_text:
        checked, as_times, as_numbers, as_digits = warehouse.raw(
            f"SELECT count(*), count(try_cast(t AS TIMESTAMPTZ)), count(try_cast(t AS DOUBLE)), "
            f"count(*) FILTER (regexp_full_match(t, '\\W*[0-9][0-9,. ]*\\W*(원|won|krw|KRW)?')) FROM "
            f"(SELECT {name} AS t FROM sample WHERE {name} IS NOT NULL LIMIT {TEXTS_CHECKED})"
        ).fetchall()[0]
        if checked:
            times, numbers, digits = as_times / checked, as_numbers / checked, as_digits / checked
    found = warehouse.raw(
        f"SELECT DISTINCT left({name}::VARCHAR, 24) FROM (SELECT {name} FROM sample WHERE {name} IS NOT NULL LIMIT 1000) "
        f"ORDER BY 1 LIMIT {EXAMPLES}"
    ).fetchall()
    return ColumnLook(
        column, type_, n_rows, n_rows - n_filled, n_distinct, low, high, times, numbers, tuple(text for (text,) in found),
        is_approximate, digits,
    )  # fmt: skip
