"""GoogleSQL into DuckDB's dialect: queries are written once, for BigQuery, and translated for the embedded engine."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

Dialect = Literal["bigquery", "duckdb"]

_DUCKDB_TYPES = {
    "STRING": "VARCHAR", "INT64": "BIGINT", "FLOAT64": "DOUBLE", "BOOL": "BOOLEAN",
    "DATE": "DATE", "TIMESTAMP": "TIMESTAMP", "JSON": "JSON",
}  # fmt: skip


@lru_cache(maxsize=512)
def to_duckdb(google_sql: str) -> str:
    """The query in DuckDB's dialect.

    Known trap, asserted in the tests: sqlglot drops parentheses in ``DIV(a + b, c)`` unless they are doubled,
    ``DIV((a + b), c)``.
    """
    import sqlglot

    return sqlglot.transpile(google_sql, read="bigquery", write="duckdb")[0]


def pretty(google_sql: str, dialect: Dialect) -> str:
    """The query laid out for a reader, in either dialect."""
    import sqlglot

    return sqlglot.transpile(google_sql, read="bigquery", write=dialect, pretty=True)[0]


def duckdb_type(google_type: str) -> str:
    return _DUCKDB_TYPES[google_type]


def literal(value: str) -> str:
    """A string from data as a GoogleSQL literal; event names are hostile input."""
    from sqlglot import exp

    return exp.Literal.string(value).sql(dialect="bigquery")


def identifier(name: str) -> str:
    """A name as a quoted GoogleSQL identifier."""
    from sqlglot import exp

    return exp.to_identifier(name, quoted=True).sql(dialect="bigquery")
