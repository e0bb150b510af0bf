"""Every rule that the schema states is checked: each is broken once, in a table without the engine's own constraints."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from fancare.events.contracts import CHECKED_TABLES, check_contracts, contracts_of
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import ACTIVITY_DAILY, EVENTS
from fancare.warehouse.translate import duckdb_type

DAY, OLD = date(2026, 3, 2), date(2026, 1, 1)
GOOD = {
    "events": {
        "event_id": "e1", "event_time": datetime(2026, 3, 2, 9), "activity_date": DAY, "event_name": "message",
        "actor": "fan", "actor_id": "f1", "creator_id": "c1", "fan_id": "f1", "amount": 5.0,
    },
    "activity_daily": {
        "activity_date": DAY, "actor": "fan", "creator_id": "c1", "fan_id": "f1", "event_name": "message",
        "known_from": DAY, "n_events": 2,
    },
}  # fmt: skip


def checks_of(table, rows, fresh=(DAY,)):
    with Warehouse.in_memory() as warehouse:
        columns = ", ".join(f'"{column.name}" {duckdb_type(column.type)}' for column in table.columns)
        warehouse.raw(f'CREATE TABLE "{table.name}" ({columns})')
        for row in rows:
            full = GOOD[table.name] | row
            # a column that the schema gained since is filled with anything of its type
            for column in table.columns:
                if column.name not in full and not column.nullable:
                    full[column.name] = {"BOOL": True, "INT64": 1, "STRING": "x"}[column.type]
            names = ", ".join(f'"{name}"' for name in full)
            values = ", ".join(f"${name}" for name in full)
            warehouse.raw(f'INSERT INTO "{table.name}" ({names}) VALUES ({values})', full)
        return check_contracts(warehouse, table, fresh)


@pytest.mark.parametrize("table", CHECKED_TABLES, ids=lambda table: table.name)
def test_good_rows_keep_every_rule(table):
    (only,) = checks_of(table, [{}])
    assert (only.name, only.verdict, only.observed) == ("contracts", "green", "1")


@pytest.mark.parametrize(
    ("table", "column"),
    [(table, column) for table in CHECKED_TABLES for column in table.columns if not column.nullable],
    ids=lambda value: value.name,
)
def test_a_null_where_none_may_be_is_red(table, column):
    checks = checks_of(table, [{}, {column.name: None}])
    assert ("contract_null", f"{table.name}.{column.name} not null", "red") in [
        (check.name, check.subject, check.verdict) for check in checks
    ]


def broken(table, change, fresh=(DAY,)):
    return [(check.name, check.verdict) for check in checks_of(table, [{}, change], fresh)]


@pytest.mark.parametrize(
    ("table", "change", "name", "verdict"),
    [
        (EVENTS, {"event_id": "e2", "actor": "robot"}, "contract_values", "red"),
        (EVENTS, {"event_id": "e2", "fan_id": None}, "contract_actor", "red"),
        (EVENTS, {"event_id": "e2", "actor": "creator", "creator_id": None}, "contract_actor", "red"),
        (EVENTS, {"event_id": "e2", "amount": float("nan")}, "amount_not_a_number", "red"),
        (EVENTS, {"event_id": "e2", "amount": float("-inf")}, "amount_not_a_number", "red"),
        (EVENTS, {"event_id": "e2", "amount": 1e15}, "amount_absurd", "red"),
        (EVENTS, {"event_id": "e2", "amount": -3.0}, "amount_negative", "amber"),
        (EVENTS, {"event_id": "e2", "amount": 1e15, "activity_date": OLD}, "amount_absurd", "amber"),
        (EVENTS, {"event_id": "e2", "fan_id": None, "activity_date": OLD}, "contract_actor", "red"),
        (EVENTS, {}, "contract_unique", "red"),
        (ACTIVITY_DAILY, {"fan_id": "f2", "n_events": 0}, "contract_bounds", "red"),
        (ACTIVITY_DAILY, {"fan_id": "f2", "known_until": DAY}, "contract_known", "red"),
        (ACTIVITY_DAILY, {"fan_id": "f2", "known_from": OLD}, "contract_known", "red"),
        (ACTIVITY_DAILY, {"n_events": 7}, "contract_unique", "red"),
    ],
)
def test_a_broken_rule_is_found(table, change, name, verdict):
    assert (name, verdict) in broken(table, change)


def test_each_column_rule_of_the_schema_becomes_a_contract():
    for table in CHECKED_TABLES:
        stated = sum(
            (not column.nullable) + bool(column.values) + (column.minimum is not None) + (column.maximum is not None)
            for column in table.columns
        )
        assert sum(c.text in ("contract_null", "contract_values", "contract_bounds") for c in contracts_of(table)) == stated


def test_the_sentence_counts_rows_and_new_ones():
    checks = checks_of(EVENTS, [{}, {"event_id": "e2", "amount": 2e12}, {"event_id": "e3", "amount": 1e13, "activity_date": OLD}])
    assert checks[0].message_en == (
        "events.amount holds 2 amounts beyond a million millions (1 on new days): see whether the unit or the column is wrong."
    )
