"""The rows behind a backtest: the same bytes for the same rows, and pairs that are of one entity on one day."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fancare.churn.backtest_rows import BacktestRows, common_rows
from tests.drawn_panel import drawn_panel


def rows_of(panel, index=None, seed=0):
    index = np.arange(len(panel)) if index is None else index
    return BacktestRows.of(panel, index, np.random.default_rng(seed).random((len(panel), 3))[index])


@pytest.mark.parametrize("entity", ["creator", "fan", "room"])
def test_all_comes_back_from_the_file(entity):
    rows = rows_of(drawn_panel(n_entities=6, weeks=8, entity=entity))
    again = BacktestRows.from_parquet(rows.to_parquet())
    assert again.horizons == rows.horizons
    for name in ("creator_id", "fan_id"):
        one, other = getattr(rows, name), getattr(again, name)
        assert (one is None and other is None) or one.tolist() == other.tolist()
    assert np.array_equal(again.as_of, rows.as_of)
    assert np.array_equal(again.risks, rows.risks)
    assert np.array_equal(again.churned, rows.churned, equal_nan=True)
    assert np.isnan(again.churned).any(), "a label that is not known is not a 0"


def test_the_order_of_the_rows_given_does_not_change_a_byte():
    panel = drawn_panel(n_entities=6, weeks=8, entity="room")
    shuffled = np.random.default_rng(1).permutation(len(panel))
    assert rows_of(panel).to_parquet() == rows_of(panel, shuffled).to_parquet()
    assert rows_of(panel).to_parquet() != rows_of(panel, seed=1).to_parquet()


def test_a_model_without_a_backtest_has_a_file_without_rows():
    none = BacktestRows.none((7, 14))
    again = BacktestRows.from_parquet(none.to_parquet())
    assert (len(again), again.horizons) == (0, (7, 14))


def test_common_rows_are_pairs_of_one_entity_on_one_day():
    panel = drawn_panel(n_entities=6, weeks=8, entity="room")
    days = np.unique(panel.as_of)
    older = rows_of(panel, np.flatnonzero(panel.as_of < days[6]), seed=1)
    newer = rows_of(panel, np.flatnonzero((panel.as_of >= days[2]) & (panel.creator_id != panel.creator_id[0])), seed=2)
    mine, theirs = common_rows(newer, older)
    wanted = (panel.as_of >= days[2]) & (panel.as_of < days[6]) & (panel.creator_id != panel.creator_id[0])
    assert len(mine) == len(theirs) == wanted.sum() > 0
    for name in ("creator_id", "fan_id", "as_of"):
        assert getattr(mine, name).tolist() == getattr(theirs, name).tolist()
    at = np.flatnonzero(wanted)
    assert np.array_equal(mine.risks, rows_of(panel, at, seed=2).risks)
    assert np.array_equal(theirs.risks, rows_of(panel, at, seed=1).risks)


def test_both_are_judged_by_the_same_outcomes_those_of_the_later_look():
    panel = drawn_panel(n_entities=4, weeks=8)
    newer, older = rows_of(panel), rows_of(panel)
    corrected = newer.churned.copy()
    corrected[0] = 1 - corrected[0]
    unknown = older.churned.copy()
    unknown[1] = np.nan
    mine, theirs = common_rows(replace(newer, churned=corrected), replace(older, churned=unknown))
    assert np.array_equal(mine.churned, theirs.churned, equal_nan=True)
    assert np.array_equal(mine.churned[0], corrected[0])
    assert np.isnan(mine.churned[1]).all()


def test_other_horizons_or_other_days_have_nothing_in_common():
    panel = drawn_panel(n_entities=4, weeks=8)
    rows = rows_of(panel)
    assert [len(part) for part in common_rows(rows, BacktestRows.none((7, 14)))] == [0, 0]
    assert [len(part) for part in common_rows(rows, BacktestRows.none(rows.horizons))] == [0, 0]
    next_day = replace(rows, as_of=rows.as_of + np.timedelta64(1, "D"))
    assert [len(part) for part in common_rows(rows, next_day)] == [0, 0]
