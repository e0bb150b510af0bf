"""Every GoogleSQL function that the queries use means in DuckDB what it means in BigQuery; expected values are BigQuery's."""

from __future__ import annotations

import math
import re
from datetime import date, datetime
from hashlib import md5
from pathlib import Path

import pytest

from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import all_tables
from fancare.warehouse.translate import duckdb_type, identifier, literal, pretty, to_duckdb

PACKAGE = Path(__file__).resolve().parents[3] / "fancare"

MEANS = [
    # whole and broken numbers
    ("DIV(7, 2)", 3), ("DIV((3 + 4), 2)", 3), ("MOD(9, 7)", 2), ("MOD(3 + 4, 7)", 0), ("MOD(-9, 7)", -2), ("7 / 2", 3.5),
    ("SAFE_DIVIDE(1, 0)", None), ("SAFE_DIVIDE(1, 2)", 0.5), ("SAFE_DIVIDE(NULL, 2)", None), ("NULLIF(3, 3)", None),
    ("ABS(-2)", 2), ("ROUND(2.5)", 3.0), ("ROUND(-2.5)", -3.0), ("CAST(ROUND(0.1 * 1000000) AS INT64)", 100_000),
    ("LN(1)", 0.0), ("LEAST(3, 1, 2)", 1), ("GREATEST(3, 1, 2)", 3), ("LEAST(1, NULL)", None), ("GREATEST(1, NULL)", None),
    ("SQRT(9)", 3.0), ("POW(2, -1)", 0.5), ("POW(0.5, 3 / 2)", 0.5**1.5),
    ("IS_NAN(CAST('nan' AS FLOAT64))", True), ("IS_INF(CAST('inf' AS FLOAT64))", True), ("IS_NAN(1.0)", False),
    # bits
    ("BIT_COUNT(7)", 3), ("BIT_COUNT(CAST(1 AS INT64) << 41)", 1), ("6 & 3", 2), ("1 << (6 - MOD(9, 7))", 16), ("8 >> 3", 1),
    ("BIT_COUNT((12 & -12) - 1)", 2),
    # choices
    ("IF(NULL, 1, 2)", 2), ("IF(TRUE, 1, 2)", 1), ("IFNULL(NULL, 4)", 4), ("COALESCE(NULL, NULL, 5)", 5),
    ("CASE WHEN NULL THEN 1 END", None), ("NULL IS NOT DISTINCT FROM NULL", True), ("1 IS NOT DISTINCT FROM NULL", False),
    # days
    ("DATE_DIFF(DATE '2026-03-01', DATE '2026-02-27', DAY)", 2), ("DATE_DIFF(DATE '2026-02-27', DATE '2026-03-01', DAY)", -2),
    ("DATE_ADD(DATE '2028-02-28', INTERVAL 1 DAY) = DATE '2028-02-29'", True),
    ("DATE_SUB(DATE '2026-01-01', INTERVAL 84 DAY) = DATE '2025-10-09'", True),
    # times are UTC; a day is a day somewhere
    ("DATE(TIMESTAMP '2026-06-01 14:59:59.999999+00', 'Asia/Seoul')", date(2026, 6, 1)),
    ("DATE(TIMESTAMP '2026-06-01 15:00:00+00', 'Asia/Seoul')", date(2026, 6, 2)),
    ("DATE(TIMESTAMP '2026-03-29 00:59:59+00', 'Europe/Berlin')", date(2026, 3, 29)),
    ("TIMESTAMP_ADD(TIMESTAMP '2026-06-01 15:00:00+00', INTERVAL 1 + MOD(9, 7) DAY) = TIMESTAMP '2026-06-04 15:00:00+00'", True),
    ("TIMESTAMP_SUB(TIMESTAMP '2026-06-01 15:00:00+00', INTERVAL MOD(9, 7) - 3 DAY) = TIMESTAMP '2026-06-02 15:00:00+00'", True),
    ("UNIX_MICROS(TIMESTAMP '1970-01-01 00:00:01.5+00')", 1_500_000),
    # text
    ("CONCAT('a', '|', 'b')", "a|b"), ("CONCAT('a', NULL)", None), ("SUBSTR('abcdef', 1, 3)", "abc"),
    ("TO_HEX(MD5('fancare'))", md5(b"fancare").hexdigest()), ("STARTS_WITH('$device:x', '$device:')", True),
    ("EDIT_DISTANCE('kitten', 'sitting')", 3), ("CAST(12 AS STRING)", "12"), ("TO_JSON_STRING('a')", '"a"'),
    # lists
    ("3 IN UNNEST([1, 2, 3])", True), ("4 IN UNNEST([1, 2, 3])", False), ("ARRAY_LENGTH([1, 2])", 2),
    ("(SELECT SUM(n) FROM UNNEST(GENERATE_ARRAY(1, 4)) AS n)", 10),
]  # fmt: skip

ROWS = "(SELECT 1 AS k, 2 AS n, 'b' AS t UNION ALL SELECT 2, NULL, 'a' UNION ALL SELECT 3, 5, NULL) AS rows_"
AGGREGATES = [
    ("COUNT(*)", 3), ("COUNT(n)", 2), ("COUNTIF(n > 2)", 1), ("COUNTIF(n IS NULL)", 1), ("SUM(n)", 7), ("AVG(n)", 3.5),
    ("MIN(n)", 2), ("MAX(t)", "b"), ("BIT_OR(k)", 3), ("BIT_OR(IF(k < 3, k, 0))", 3), ("COUNT(DISTINCT t)", 2),
    ("STRING_AGG(t, ' · ' ORDER BY k)", "b · a"), ("STDDEV_SAMP(k)", 1.0),
    ("ARRAY_AGG(k ORDER BY k DESC)", [3, 2, 1]),
    ("SUM(IF(k > 9, n, NULL))", None), ("MAX(IF(k = 3, n, NULL))", 5),
]  # fmt: skip

HOSTILE = ["x'; DROP TABLE events; --", "방송 💜", 'a"b', "a\\b", "a\nb", "", "`", "{x}", "%s", "$1", "@p"]


@pytest.fixture(scope="module")
def warehouse():
    with Warehouse.in_memory() as made:
        yield made


@pytest.mark.parametrize(("expression", "value"), MEANS)
def test_an_expression_means_the_same(warehouse, expression, value):
    found = warehouse.value(f"SELECT {expression}")
    assert (type(found), found) == (type(value), value) or (math.isclose(found, value) and isinstance(value, float))


@pytest.mark.parametrize(("aggregate", "value"), AGGREGATES)
def test_an_aggregate_means_the_same(warehouse, aggregate, value):
    assert warehouse.value(f"SELECT {aggregate} FROM {ROWS}") == value


def test_window_functions_and_qualify(warehouse):
    asked = f"SELECT k, LAG(k) OVER (ORDER BY k), ROW_NUMBER() OVER (ORDER BY t NULLS LAST) FROM {ROWS} ORDER BY k"
    assert warehouse.rows(asked) == [(1, None, 2), (2, 1, 1), (3, 2, 3)]
    ranks = f"SELECT k, PERCENT_RANK() OVER (ORDER BY n > 2) FROM {ROWS} WHERE k <> 2 UNION ALL SELECT 9, PERCENT_RANK() OVER ()"
    assert sorted(warehouse.rows(ranks)) == [(1, 0.0), (3, 1.0), (9, 0.0)]
    assert warehouse.rows(f"SELECT k FROM {ROWS} WHERE TRUE QUALIFY ROW_NUMBER() OVER (ORDER BY k DESC) = 1") == [(3,)]


def test_every_function_that_the_package_uses_is_tested_here():
    """Names in capitals before a bracket, in .sql files and in queries inside Python; keywords and macros left out."""
    not_functions = {"IN", "AND", "OR", "NOT", "AS", "OVER", "ON", "WHEN", "THEN", "ELSE", "FROM", "WITH", "ALL", "VALUES",
                     "WHERE", "SELECT", "JOIN", "EXISTS", "BETWEEN", "PARTITION", "TABLE", "BY", "SQL", "CTE"}  # fmt: skip
    texts = [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.sql")]
    texts += [path.read_text(encoding="utf-8") for path in (PACKAGE / "panel").rglob("*.py")]
    used = {name for text in texts for name in re.findall(r"\b([A-Z][A-Z_0-9]+)\(", text)} - not_functions
    tested = " ".join(expression for expression, _ in (*MEANS, *AGGREGATES)) + " LAG( LEAD( ROW_NUMBER( PERCENT_RANK( "
    assert {name for name in used if f"{name}(" not in tested} == set()


def test_known_traps_a_literal_has_32_bits_and_a_shifted_date_becomes_a_time(warehouse):
    """So the queries shift only what came from a column or a date, and compare shifted dates but never select them."""
    with pytest.raises(Exception, match="out of range"):
        warehouse.value("SELECT 1 << 41")
    assert warehouse.value("SELECT 1 << DATE_DIFF(DATE '2026-02-11', DATE '2026-01-01', DAY)") == 1 << 41
    assert isinstance(warehouse.value("SELECT DATE_ADD(DATE '2026-01-01', INTERVAL 1 DAY)"), datetime)


def test_a_known_trap_div_drops_brackets_that_are_not_doubled():
    """If this fails, sqlglot was mended: the doubled brackets may go."""
    assert to_duckdb("SELECT DIV(a + b, c)") == "SELECT a + b // c"
    assert to_duckdb("SELECT DIV((a + b), c)") == "SELECT (a + b) // c"


def test_no_query_walks_into_the_trap():
    """Every DIV in the package has one term, or doubled brackets, as its first argument."""
    for path in [*PACKAGE.rglob("*.sql"), *(PACKAGE / "panel").rglob("*.py")]:
        for argument in re.findall(r"\bDIV\((\w+\([^)]*\)|\(\(?[^)]*\)|[^,(]*),", path.read_text(encoding="utf-8")):
            assert argument.startswith("(") or not re.search(r"[-+*/]", re.sub(r"\([^)]*\)", "", argument)), path.name


@pytest.mark.parametrize("value", HOSTILE)
def test_data_reaches_sql_as_a_literal_and_comes_back(warehouse, value):
    assert warehouse.value(f"SELECT {literal(value)}") == value
    assert warehouse.value(f"SELECT {identifier(value or 'e')} FROM (SELECT 1 AS {identifier(value or 'e')}) AS t") == 1


def test_parameters_keep_their_names():
    assert to_duckdb("SELECT @a + @long_name") == "SELECT $a + $long_name"


def test_pretty_is_for_readers_in_either_dialect():
    query = "SELECT COUNTIF(a > 0) AS n FROM t WHERE d IN UNNEST(@days)"
    assert pretty(query, "bigquery") == "SELECT\n  COUNTIF(a > 0) AS n\nFROM t\nWHERE\n  d IN UNNEST(@days)"
    assert "COUNT_IF(a > 0)" in pretty(query, "duckdb")
    assert "$days" in pretty(query, "duckdb")


def test_every_type_of_the_schema_has_a_duckdb_type(warehouse):
    types = {column.type for table in all_tables((7, 14, 28)) for column in table.columns}
    assert {"STRING", "DATE", "TIMESTAMP", "FLOAT64", "INT64", "BOOL", "JSON"} <= types
    for name in types:
        assert warehouse.raw(f"SELECT CAST(NULL AS {duckdb_type(name)})").fetchall() == [(None,)]


def test_timestamps_come_back_without_a_zone_as_utc(warehouse):
    assert warehouse.value("SELECT @t", {"t": datetime(2026, 6, 1, 12)}) == datetime(2026, 6, 1, 12)
    assert warehouse.raw("SELECT current_setting('TimeZone')").fetchall() == [("UTC",)]
