"""Any parquet file with a column mapping becomes staged rows: canonical columns, each row checked.

What the source may hold: ids of any type (a DOUBLE 1416.0 is the id "1416"); times as timestamps with or without zone,
dates, ISO text or numbers (seconds, milliseconds, microseconds, told by magnitude); amounts as numbers or plain numeric
text. An id in a fraction too large to be exact is refused: two people may have become one. Naive times are in `[source]
timezone`: one inside a daylight-saving gap is read as the clock an hour later, one that occurs twice as its second
occurrence. A date is that day on the platform. The acting id is `fan_id`; of a creator's act, `creator_id`.
"""

from __future__ import annotations

import difflib
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import duckdb

from fancare.config import Config
from fancare.errors import ConfigError, DataQualityError
from fancare.events.source import SourceFile
from fancare.events.staging import EARLIEST, LARGEST_AMOUNT, TEXT_KEPT, composed, literal_path
from fancare.warehouse.duckdb_engine import Warehouse

_FRACTIONS = ("FLOAT", "DOUBLE", "DECIMAL")
_NUMBERS = (*_FRACTIONS, "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER",
            "UBIGINT", "UHUGEINT")  # fmt: skip
_TIMES = ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "DATE")
_ZONED = "TIMESTAMP WITH TIME ZONE"
_EMPTY = "NULL"  # the type of a column in which the writer saw no value
_OFFSET = r"(Z|[+-]\d\d(:?\d\d)?| [A-Za-z][A-Za-z_/]*)$"
_PLAIN_NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
_EXACT = {"FLOAT": 2**24, "DOUBLE": 2**53}  # from here on whole numbers are skipped


def stage(warehouse: Warehouse, config: Config, file: SourceFile, latest: datetime, out: Path) -> None:
    """Write the file's rows to ``out`` as staged rows.

    Raises `ConfigError` for a column the file has not, `DataQualityError` for a file that cannot be read to its end.
    """
    types = _column_types(warehouse, file)
    _check_mapping(config, file, types)
    copy = f"COPY ({_staged_sql(config, types)}) TO '{str(out).replace(chr(39), chr(39) * 2)}' (FORMAT parquet)"
    parameters = {
        "path": literal_path(file.path), "source_timezone": config.source.timezone,
        "timezone": config.platform.timezone, "creator_acts": [*map(composed, config.events.creator_acts)],
        "earliest": EARLIEST, "latest": latest,
    }  # fmt: skip
    if "$source_timezone" not in copy:  # no column holds naive times
        del parameters["source_timezone"]
    try:
        warehouse.raw(copy, parameters)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        raise _unreadable(file, error) from None


def _column_types(warehouse: Warehouse, file: SourceFile) -> dict[str, str]:
    try:
        found = warehouse.raw("DESCRIBE SELECT * FROM read_parquet($path)", {"path": literal_path(file.path)}).fetchall()
    except duckdb.Error as error:
        raise _unreadable(file, error) from None
    return {name: kind.strip('"') for name, kind, *_ in found}


def _unreadable(file: SourceFile, error: Exception) -> DataQualityError:
    reason = str(error).splitlines()[0]
    return DataQualityError(f"{file.name} cannot be read as parquet ({reason}); export it again and replace it.")


def _check_mapping(config: Config, file: SourceFile, types: dict[str, str]) -> None:
    for canonical, column in asdict(config.source.columns).items():
        if column is None:
            continue
        if column not in types:
            close = difflib.get_close_matches(column, types, n=1, cutoff=0.5)
            raise ConfigError(
                f"[source.columns] {canonical} = {column!r}, but {file.name} has no such column; "
                + (f"did you mean {close[0]!r}? (it has {', '.join(types)})." if close else f"it has {', '.join(types)}.")
            )
        base = types[column].split("(")[0]
        wanted, allowed = _ALLOWED[canonical]
        if base not in allowed:
            raise ConfigError(
                f"[source.columns] {canonical} = {column!r} is a {types[column]} column of {file.name}; "
                f"{wanted} is needed there."
            )


_IDS = ("a text or number column", ("VARCHAR", "BLOB", "UUID", "ENUM", _EMPTY, *_NUMBERS))
_WHENS = ("a timestamp, date, ISO text or epoch number", (*_TIMES, _ZONED, "VARCHAR", _EMPTY, *_NUMBERS))
_IDENTIFY = ("creator_id", "fan_id", "event_id")
_ALLOWED = {
    "event_time": _WHENS, "arrived_at": _WHENS, "creator_id": _IDS, "fan_id": _IDS, "event_id": _IDS,
    "event_name": ("a text or number column", ("VARCHAR", "ENUM", _EMPTY, *_NUMBERS)),
    "amount": ("a number, or text that holds plain numbers,", ("VARCHAR", _EMPTY, *_NUMBERS)),
}  # fmt: skip


def _staged_sql(config: Config, types: dict[str, str]) -> str:
    columns = config.source.columns

    def of(make, column: str | None, otherwise: str) -> str:  # type: ignore[no-untyped-def]
        return otherwise if column is None else make(column, types[column])

    inexact = [
        f"WHEN abs({_name(column)}) >= {_EXACT[types[column]]} AND isfinite({_name(column)}) THEN '{canonical} is ' || "
        f"{_name(column)} || ', a fraction that has lost its last digits; whole numbers or text are needed'"
        for canonical, column in asdict(columns).items()
        if canonical in _IDENTIFY and column is not None and types[column] in _EXACT
    ]
    lost = f"CASE {' '.join(inexact)} END" if inexact else "NULL::VARCHAR"
    amount_text = "NULL::VARCHAR" if columns.amount is None else f"{_name(columns.amount)}::VARCHAR"
    texts = [_name(c) for c in asdict(columns).values() if c is not None and types[c] == "VARCHAR"]
    cleaned = " OR ".join(f"contains({text}, chr(0))" for text in sorted(set(texts))) or "false"
    fan_id = of(_id, columns.fan_id, "creator_id" if columns.creator_id else "NULL::VARCHAR")
    return f"""
      WITH named AS (
        SELECT file_row_number + 1 AS line, {of(_id, columns.event_id, 'NULL::VARCHAR')} AS event_id,
          {of(_time, columns.event_time, 'NULL::TIMESTAMP')} AS event_time,
          {of(_time, columns.arrived_at, 'NULL::TIMESTAMP')} AS arrived_at_read,
          {of(_id, columns.event_name, "'event'")} AS event_name,
          {of(_id, columns.creator_id, 'NULL::VARCHAR')} AS creator_id, {fan_id} AS fan_id,
          {of(_amount, columns.amount, 'NULL::DOUBLE')} AS amount, {amount_text} AS amount_text,
          coalesce({cleaned}, false) AS cleaned, {lost} AS lost
        FROM read_parquet($path, file_row_number = true)
      ), acting AS (
        SELECT *, CASE WHEN event_name IN (SELECT unnest($creator_acts::VARCHAR[])) THEN coalesce(creator_id, fan_id)
                       ELSE fan_id END AS actor_id,
          CASE WHEN event_time IS NULL THEN 'event_time is missing or unreadable'
               WHEN event_name IS NULL THEN 'event_name is missing'
               WHEN lost IS NOT NULL THEN lost
               WHEN amount_text IS NOT NULL AND (amount IS NULL OR NOT isfinite(amount))
                 THEN 'amount is not a plain number: ' || left(amount_text, 80)
               WHEN abs(amount) >= {LARGEST_AMOUNT} THEN 'amount is too large: ' || amount_text END AS fault,
          CASE WHEN event_time > $latest THEN 'in the future' WHEN event_time < $earliest THEN 'before 2005' END AS oddity
        FROM named
      )
      SELECT line, 0::BIGINT AS byte_offset,
        CASE WHEN fault IS NOT NULL THEN 'dead' WHEN actor_id IS NULL THEN 'no actor'
             WHEN oddity IS NOT NULL THEN 'quarantined' ELSE 'event' END AS kind,
        coalesce(fault, oddity) AS reason,
        CASE WHEN fault IS NOT NULL THEN left(concat_ws(', ', event_time, event_name, actor_id, creator_id, amount_text),
                                              {TEXT_KEPT}) END AS text,
        cleaned, event_id, event_time,
        CASE WHEN fault IS NULL AND oddity IS NULL
          THEN timezone($timezone, timezone('UTC', event_time))::DATE END AS activity_date,
        CASE WHEN arrived_at_read BETWEEN $earliest AND $latest THEN arrived_at_read END AS arrived_at,
        event_name, actor_id, creator_id, amount, NULL::VARCHAR AS properties
      FROM acting"""


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _id(column: str, kind: str) -> str:
    """A column as canonical id text: no NULs, no trailing .0, letters composed (NFC), empty means none."""
    name = _name(column)
    if kind == "BLOB":
        return f"nullif(nfc_normalize(coalesce(try(decode({name})), hex({name}))), '')"
    if kind in ("FLOAT", "DOUBLE") or kind.startswith("DECIMAL"):
        whole = f"isfinite({name}::DOUBLE) AND {name} = floor({name}) AND abs({name}) < 1e18"
        return f"CASE WHEN {whole} THEN {name}::BIGINT::VARCHAR WHEN isfinite({name}::DOUBLE) THEN {name}::VARCHAR END"
    if kind == "VARCHAR":
        return f"nullif(nfc_normalize(replace({name}, chr(0), '')), '')"
    return f"nfc_normalize({name}::VARCHAR)" if kind.startswith("ENUM") else f"{name}::VARCHAR"


def _time(column: str, kind: str) -> str:
    """A column as naive UTC; NULL where it cannot be read."""
    name = _name(column)
    if kind == _ZONED:
        return f"timezone('UTC', {name})"
    if kind == "VARCHAR":
        plain = f"trim(replace({name}, chr(0), ''))"
        return (
            f"CASE WHEN try_cast({plain} AS DOUBLE) IS NOT NULL THEN {_epoch(f'try_cast({plain} AS DOUBLE)')} "
            f"WHEN regexp_matches({plain}, '[T ].*{_OFFSET}') THEN timezone('UTC', try_cast({plain} AS TIMESTAMPTZ)) "
            f"ELSE {_local(f'try_cast({plain} AS TIMESTAMP)')} END"
        )
    if kind == "DATE":
        return f"timezone('UTC', timezone($timezone, {name}::TIMESTAMP))"
    if kind in _TIMES:
        return _local(f"{name}::TIMESTAMP")
    return _epoch(f"{name}::DOUBLE")


def _local(naive: str) -> str:
    return f"timezone('UTC', timezone($source_timezone, {naive}))"


def _epoch(number: str) -> str:
    """Seconds, milliseconds, microseconds or nanoseconds since 1970, told by magnitude (seconds end in the year 5138)."""
    return (
        f"CASE WHEN abs({number}) < 1e11 THEN make_timestamp(({number} * 1e6)::BIGINT) "
        f"WHEN abs({number}) < 1e14 THEN make_timestamp(({number} * 1e3)::BIGINT) "
        f"WHEN abs({number}) < 1e17 THEN make_timestamp(({number})::BIGINT) "
        f"WHEN abs({number}) < 1e20 THEN make_timestamp(({number} / 1e3)::BIGINT) END"
    )


def _amount(column: str, kind: str) -> str:
    """A column as a number; NULL where text is no plain number."""
    name = _name(column)
    if kind != "VARCHAR":
        return f"{name}::DOUBLE"
    return f"CASE WHEN regexp_full_match(trim({name}), '{_PLAIN_NUMBER}') THEN try_cast({name} AS DOUBLE) END"
