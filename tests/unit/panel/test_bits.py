"""Days as bits, against sets of days: every window, recency, week, streak and slope is what counting days gives."""

from __future__ import annotations

from datetime import date, timedelta
from statistics import linear_regression

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fancare.panel import bits
from fancare.warehouse.duckdb_engine import Warehouse

WINDOWS = (1, 7, 14, 28, 41, 42, 43, 56, 83, 84)
AGES = st.sets(st.integers(0, bits.SPAN - 1))
EDGES = [set(), {0}, {41}, {42}, {83}, {41, 42}, set(range(84)), set(range(42)), set(range(42, 84)), {6, 7, 13, 14}]


@pytest.fixture(scope="module")
def warehouse():
    with Warehouse.in_memory() as made:
        yield made


def words(ages: set[int]) -> tuple[int, int]:
    """The two words, built a bit at a time."""
    lo = hi = 0
    for age in ages:
        if age < bits.HALF:
            lo |= 1 << age
        else:
            hi |= 1 << (age - bits.HALF)
    return lo, hi


def evaluate(warehouse: Warehouse, expressions: list[str], many: list[set[int]], **parameters: int) -> list[tuple]:
    """The expressions over the words of each set of ages."""
    rows = " UNION ALL ".join(
        f"SELECT {i} AS i, {lo} AS a_lo, {hi} AS a_hi" for i, (lo, hi) in enumerate(map(words, many))
    )
    columns = ", ".join(f"{e} AS c{i}" for i, e in enumerate(expressions))
    return [row[1:] for row in warehouse.rows(f"SELECT i, {columns} FROM ({rows}) AS drawn ORDER BY i", parameters)]


@settings(max_examples=15)
@given(many=st.lists(AGES, min_size=20, max_size=20))
def test_counts_recency_weeks_and_streaks_are_those_of_the_set_of_days(warehouse, many):
    many = EDGES + many
    expressions = [
        *(bits.active_days("a", w) for w in WINDOWS), bits.recency("a"), *(bits.week("a", k) for k in range(12)),
        bits.streak_weeks("a"), *(bits.active_weeks("a", n) for n in (4, 8, 12)), *(bits.weekday_days("a", d) for d in range(7)),
        bits.slope("a", 4), bits.slope("a", 12),
    ]  # fmt: skip
    for ages, found in zip(many, evaluate(warehouse, expressions, many), strict=True):
        weeks = [sum(1 for age in ages if age // 7 == k) for k in range(12)]
        streak = next((k for k, n in enumerate(weeks) if n == 0), 12)
        with_activity = [sum(n > 0 for n in weeks[:last]) for last in (4, 8, 12)]
        weekdays = [sum(1 for age in ages if age % 7 == d) for d in range(7)]
        slopes = [linear_regression(range(n), weeks[:n][::-1]).slope for n in (4, 12)]
        windows = [sum(1 for age in ages if age < w) for w in WINDOWS]
        assert found[:-2] == (*windows, min(ages, default=84), *weeks, streak, *with_activity, *weekdays)
        assert found[-2:] == pytest.approx(slopes)


@settings(max_examples=40)
@given(as_of=st.dates(date(2000, 1, 1), date(2100, 1, 1)), many=st.lists(AGES, min_size=5, max_size=5))
def test_weekends_are_saturdays_and_sundays_whatever_the_weekday_of_as_of(warehouse, as_of, many):
    lo, hi = bits.weekend_masks(as_of.isoweekday())
    asked = [bits.weekend_days("a"), bits.weekend_days_28d("a")]
    found = evaluate(warehouse, asked, many, weekend_lo=lo, weekend_hi=hi)
    weekends = [[age for age in ages if (as_of - timedelta(age)).weekday() >= 5] for ages in many]
    assert found == [(len(ages), sum(age < 28 for age in ages)) for ages in weekends]


@pytest.mark.parametrize("expression", [bits.recency("a"), bits.active_days("a", 84), bits.streak_weeks("a")])
def test_an_entity_without_a_block_has_no_value_or_says_never(warehouse, expression):
    """A left join that finds nothing gives null words; 84 days of recency is what records make of that."""
    ((value,),) = warehouse.rows(
        f"SELECT {expression} FROM (SELECT CAST(NULL AS INT64) AS a_lo, CAST(NULL AS INT64) AS a_hi) AS x"
    )
    assert value in (None, 84, 12)
