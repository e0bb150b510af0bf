"""The one description of every table holds together."""

from __future__ import annotations

import re

import pytest

from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import Table, all_tables

TABLES = all_tables((7, 14, 28))
IDS = [table.name for table in TABLES]


def test_names_are_unique():
    assert len(set(IDS)) == len(IDS)


@pytest.mark.parametrize("table", TABLES, ids=IDS)
def test_a_table_is_described_in_full(table: Table):
    assert table.meaning.endswith(".")
    assert len(set(table.column_names)) == len(table.column_names)
    assert set(table.key) <= set(table.column_names)
    assert set(table.partition) <= set(table.column_names)
    assert table.key
    for column in table.columns:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", column.name)
        assert column.meaning.strip()
        assert not column.meaning.endswith(".")
        assert column.type == "STRING" or not column.values
        assert column.type in ("INT64", "FLOAT64") or (column.minimum is None and column.maximum is None)
        if column.minimum is not None and column.maximum is not None:
            assert column.minimum < column.maximum


@pytest.mark.parametrize("table", TABLES, ids=IDS)
def test_a_table_can_be_made_and_has_the_columns_it_says(table: Table):
    with Warehouse.in_memory() as warehouse:
        warehouse.create(table)
        assert warehouse.columns_of(table.name) == table.column_names
        nullable = warehouse.raw(
            "SELECT column_name FROM information_schema.columns WHERE table_name = ? AND is_nullable = 'YES'", [table.name]
        ).fetchall()
        assert {name for (name,) in nullable} == {column.name for column in table.columns if column.nullable}


@pytest.mark.parametrize("horizons", [(7,), (3, 90), (7, 14, 28)])
def test_horizons_make_columns(horizons: tuple[int, ...]):
    tables = {table.name: table for table in all_tables(horizons)}
    for h in horizons:
        assert tables["labels"].column(f"churned_{h}d").nullable
        assert tables["risk_scores"].column(f"risk_{h}d").maximum == 1
        assert tables["watchlist"].column(f"risk_{h}d")
    assert tables["labels"].column("days_until_return").maximum == max(horizons)
    assert len([name for name in tables["risk_scores"].column_names if name.startswith("risk_")]) == len(horizons)


def test_the_public_contract_is_as_the_design_says():
    """The public contract; changing it is a breaking change."""
    risk_scores = next(table for table in TABLES if table.name == "risk_scores")
    assert risk_scores.column_names == (
        "entity", "creator_id", "fan_id", "as_of", "risk_7d", "risk_14d", "risk_28d", "band", "rank", "model_name",
        "model_version", "spec_hash", "data_through", "scored_at",
    )  # fmt: skip
    assert risk_scores.column("band").values == ("high", "medium", "low", "unknown")
    assert risk_scores.column("rank").nullable
