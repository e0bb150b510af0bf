"""Laws that hold for any log: a rhythm is the past as it was known, its label the future and nothing else."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from fancare.panel.cycles.active_days import read
from fancare.panel.cycles.own_rhythm import own_rhythms, write_own_rhythms
from fancare.panel.cycles.own_rhythm_labels import write_own_rhythm_labels
from fancare.panel.cycles.pooled_gaps import fit_pooled_gaps
from fancare.warehouse.duckdb_engine import Warehouse
from tests.drawn_histories import LAST, LINKS, histories, key_of
from tests.drawn_log import config, day, fill

NO_SHRINK = (Phase.explicit, Phase.reuse, Phase.generate)
ENTITIES = ("creator", "room", "fan")
AS_OF = 88

Rows = dict[tuple, tuple]


@cache
def shared() -> Warehouse:
    """One warehouse for all examples; each empties what it uses."""
    return Warehouse.in_memory()


def judged(rows: list[dict], entity: str) -> Rows:
    """`own_rhythm` of AS_OF by (creator, fan)."""
    made = shared()
    fill(made, rows, LINKS)
    for name in ("own_rhythm", "own_rhythm_labels"):
        made.raw(f'DROP TABLE IF EXISTS "{name}"')
    settings = config(entity)
    days = read(made, settings, day(AS_OF))
    write_own_rhythms(made, settings, days, own_rhythms(days, fit_pooled_gaps(days), settings))
    found = made.rows(
        "SELECT creator_id, fan_id, last_active_date, silence_days, n_gaps, gap_p50_days, gap_p95_days, gap_p95_low_days, "
        "gap_p95_high_days, threshold_days, is_called_churned FROM own_rhythm"
    )
    return {row[:2]: row[2:] for row in found}


def labels(through: int, entity: str) -> dict[tuple, bool | None]:
    """`own_rhythm_labels` of what `judged` wrote, as known on day ``through``."""
    write_own_rhythm_labels(shared(), config(entity), day(through))
    return {
        row[:2]: row[2] for row in shared().rows("SELECT creator_id, fan_id, churned_own_rhythm FROM own_rhythm_labels")
    }


@pytest.mark.parametrize("entity", ENTITIES)
@given(rows=histories(most=40), later=histories(most=40))
@settings(max_examples=6, phases=NO_SHRINK, deadline=None)
def test_nothing_after_as_of_changes_a_threshold(entity: str, rows: list[dict], later: list[dict]) -> None:
    """Later is what happened later, arrived later, or counts under another id later."""
    known = [row for row in rows if row["known"] <= AS_OF]
    unended = [row | {"until": None} if (row.get("until") or 0) > AS_OF else row for row in known]
    future = {key_of(row): row for row in later if row["known"] > AS_OF}
    before = judged(unended, entity)
    assert before
    assert judged([*known, *future.values()], entity) == before


@pytest.mark.parametrize("entity", ENTITIES)
@given(rows=histories(most=40), other=histories(most=40))
@settings(max_examples=6, phases=NO_SHRINK, deadline=None)
def test_nothing_up_to_as_of_but_the_threshold_changes_a_label(
    entity: str, rows: list[dict], other: list[dict]
) -> None:
    judged(rows, entity)
    one = labels(LAST, entity)
    future = [row for row in rows if row["day"] > AS_OF]
    fill(shared(), [row for row in other if row["day"] <= AS_OF] + future, LINKS)
    assert one
    assert labels(LAST, entity) == one


@pytest.mark.parametrize("entity", ENTITIES)
@given(rows=histories(), through=st.integers(AS_OF, LAST))
@settings(max_examples=8, phases=NO_SHRINK, deadline=None)
def test_a_label_is_null_exactly_until_its_day_is_complete(entity: str, rows: list[dict], through: int) -> None:
    """And a rhythm keeps its order: median ≤ longest usual gap, floor ≤ threshold ≤ ceiling, called when it is reached."""
    found, told = judged(rows, entity), labels(through, entity)
    assert told.keys() == found.keys()
    for who, (last, silence, n_gaps, p50, p95, low, high, threshold, called) in found.items():
        assert (told[who] is None) == (last + timedelta(threshold) > day(through))
        assert (day(AS_OF) - last).days == silence
        assert called == (silence >= threshold)
        assert not called or told[who] is True
        assert 1 <= p50 <= p95
        assert low <= high
        assert 7 <= threshold <= 84
        assert 0 <= n_gaps <= 20


@pytest.mark.parametrize("entity", ENTITIES)
@given(rows=histories(most=40), seed=st.randoms())
@settings(max_examples=4, phases=NO_SHRINK, deadline=None)
def test_the_order_of_rows_changes_nothing(entity: str, rows: list[dict], seed) -> None:
    shuffled = rows[:]
    seed.shuffle(shuffled)
    assert judged(shuffled, entity) == judged(rows, entity)
