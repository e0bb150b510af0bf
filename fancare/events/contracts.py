"""What every row must hold, derived from the schema, and counted in one scan per table.

Nulls, values, bounds and keys come from `warehouse.schema`; a column that gets a rule there is checked here without
another line. A few rules span columns or are about money; they stand below, in GoogleSQL like everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from fancare.events.verdict import Check, Verdict, finding
from fancare.warehouse.schema import ACTIVITY_DAILY, EVENTS, Column, Table
from fancare.warehouse.translate import identifier, literal

if TYPE_CHECKING:
    from fancare.warehouse.duckdb_engine import Warehouse

CHECKED_TABLES = (EVENTS, ACTIVITY_DAILY)
ABSURD_AMOUNT = 1e12  # no one pays a million millions; a sum in micro-units or an id in the wrong column does


@dataclass(frozen=True)
class Contract:
    """One rule over the rows of a table. ``broken`` is a GoogleSQL predicate, true for a row that breaks it.

    ``text`` names its sentence. ``is_ours``: only a fault of fancare or of the warehouse can break it, so it is red
    whatever the day; the others can be the log's fault and are amber on old days. ``at_worst`` caps the verdict.
    """

    table: str
    subject: str
    text: str
    broken: str
    expected: str
    is_ours: bool = False
    at_worst: Verdict = "red"


def contracts_of(table: Table) -> tuple[Contract, ...]:
    """The rules that ``table``'s description implies, then those about more than one column.

    >>> [contract.broken for contract in contracts_of(ACTIVITY_DAILY) if contract.subject == "n_events"]
    ['`n_events` IS NULL', '`n_events` < 1']
    """
    derived = [contract for column in table.columns for contract in _of_column(table, column)]
    return (*derived, *(contract for contract in _ACROSS_COLUMNS if contract.table == table.name))


def check_contracts(warehouse: Warehouse, table: Table, fresh: tuple[date, ...]) -> list[Check]:
    """One check per broken contract, or a single green one that says how many rows were seen."""
    contracts = contracts_of(table)
    counted = {
        bool(is_fresh): (n_rows, broken)
        for is_fresh, n_rows, *broken in warehouse.rows(scan_sql(table, contracts), {"days": list(fresh)})
    }
    n_rows = sum(n for n, _ in counted.values())
    checks = []
    for position, contract in enumerate(contracts):
        in_fresh, in_old = (counted[part][1][position] if part in counted else 0 for part in (True, False))
        if in_fresh or in_old:
            checks.append(_broken(contract, in_fresh, in_old, n_rows))
    doubled = warehouse.value(unique_sql(table), {"days": list(fresh)})
    if doubled:
        checks.append(finding(
            "contract_unique", "red", subject=table.name, observed=doubled, expected=0, key=", ".join(table.key),
        ))  # fmt: skip
    if not checks:
        checks.append(finding(
            "contracts", "green", subject=table.name, observed=n_rows, expected=f"{len(contracts) + 1} rules",
            n_rules=len(contracts) + 1,
        ))  # fmt: skip
    return checks


def scan_sql(table: Table, contracts: tuple[Contract, ...]) -> str:
    """GoogleSQL: per freshness (@days), the rows and for each contract how many break it."""
    counts = ",\n  ".join(f"COUNTIF({contract.broken}) AS broken_{i}" for i, contract in enumerate(contracts))
    day = identifier("activity_date")
    return (
        f"SELECT\n  {day} IN UNNEST(@days) AS is_fresh,\n  COUNT(*) AS n_rows,\n  {counts}\n"
        f"FROM {identifier(table.name)}\nGROUP BY is_fresh"
    )


def unique_sql(table: Table) -> str:
    """GoogleSQL: how many keys occur more than once on the days @days."""
    key = ", ".join(identifier(name) for name in table.key)
    return (
        f"SELECT COUNT(*) FROM (\n  SELECT {key}\n  FROM {identifier(table.name)}\n"
        f"  WHERE {identifier('activity_date')} IN UNNEST(@days)\n  GROUP BY {key}\n  HAVING COUNT(*) > 1\n)"
    )


def _of_column(table: Table, column: Column) -> list[Contract]:
    name = identifier(column.name)
    found = []
    if not column.nullable:
        found.append(Contract(
            table.name, column.name, "contract_null", f"{name} IS NULL", "not null", is_ours=True
        ))  # fmt: skip
    if column.values:
        allowed = ", ".join(literal(value) for value in column.values)
        found.append(Contract(
            table.name, column.name, "contract_values", f"{name} NOT IN ({allowed})", " | ".join(column.values),
            is_ours=True,
        ))  # fmt: skip
    for bound, sign, words in ((column.minimum, "<", "≥"), (column.maximum, ">", "≤")):
        if bound is not None:
            found.append(Contract(
                table.name, column.name, "contract_bounds", f"{name} {sign} {bound:g}", f"{words} {bound:g}",
                is_ours=True,
            ))  # fmt: skip
    return found


def _broken(contract: Contract, in_fresh: int, in_old: int, n_rows: int) -> Check:
    verdict: Verdict = contract.at_worst if in_fresh or contract.is_ours else "amber"
    return finding(
        contract.text, verdict, subject=f"{contract.table}.{contract.subject} {contract.expected}",
        observed=f"{in_fresh + in_old:,} of {n_rows:,} rows", expected=contract.expected, n=in_fresh + in_old,
        n_fresh=in_fresh, column=f"{contract.table}.{contract.subject}",
    )  # fmt: skip


_ACROSS_COLUMNS = (
    Contract(
        "events", "fan_id", "contract_actor", "actor = 'fan' AND fan_id IS NULL", "a fan's act names the fan",
        is_ours=True,
    ),
    Contract(
        "events", "creator_id", "contract_actor", "actor = 'creator' AND creator_id IS NULL",
        "a creator's act names the creator", is_ours=True,
    ),
    Contract(
        "events", "amount", "amount_not_a_number", "IS_NAN(amount) OR IS_INF(amount)", "a finite number",
    ),
    Contract(
        "events", "amount", "amount_absurd", f"ABS(amount) >= {ABSURD_AMOUNT:.0f} AND NOT IS_NAN(amount)",
        f"below {ABSURD_AMOUNT:,.0f}",
    ),
    Contract(
        "events", "amount", "amount_negative", f"amount < 0 AND amount > -{ABSURD_AMOUNT:.0f}", "≥ 0",
        at_worst="amber",
    ),
    Contract(
        "activity_daily", "known_until", "contract_known", "known_until <= known_from", "known_until after known_from",
        is_ours=True,
    ),
    Contract(
        "activity_daily", "known_from", "contract_known", "known_from < activity_date",
        "known_from on or after the day", is_ours=True,
    ),
)  # fmt: skip
