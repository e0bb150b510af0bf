"""Newcomers, the small and the top: who is in, what is said of them, and when that is too little to say anything."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from fancare.churn.backtest_result import without_nan
from fancare.churn.cohorts import cohort_figures, members
from fancare.churn.metrics import auc
from tests.drawn_panel import HORIZONS, drawn_panel, feature

N_ENTITIES, WEEKS = 60, 16


def with_columns(panel, **columns):
    names = (*panel.features, *(feature(name) for name in columns))
    return replace(panel, X=np.column_stack([panel.X, *columns.values()]).astype(np.float32), features=names)


@pytest.fixture(scope="module")
def panel():
    """Sixty entities at sixteen days; active days and revenue are the entity's number, tenure its number of weeks."""
    drawn = drawn_panel(n_entities=N_ENTITIES, weeks=WEEKS)
    number = np.tile(np.arange(N_ENTITIES), WEEKS)
    return with_columns(
        drawn,
        tenure_days=7 * number + 1,
        active_days_28d=number % 29,
        revenue_amount_28d=np.where(number < 50, 0, number),
    )


def of(panel, cohort, index=None):
    return members(panel, np.arange(len(panel)) if index is None else index, cohort)


def test_new_is_a_tenure_below_four_weeks(panel):
    by, member = of(panel, "new")
    assert by == "tenure_days"
    assert set(panel.creator_id[member]) == {"e000", "e001", "e002", "e003"}  # 1, 8, 15 and 22 days


@pytest.mark.parametrize("entity", ["creator", "room", "fan"])
def test_without_a_tenure_new_is_by_the_first_row_in_the_panel(entity):
    drawn = drawn_panel(n_entities=20, weeks=10, entity=entity)
    days = np.unique(drawn.as_of)
    late = drawn.rows((drawn.as_of >= days[5]) | (np.arange(len(drawn)) % 20 >= 3))
    by, member = of(late, "new")
    assert by == "first day in the panel"
    first = {}
    for key, day in zip(late.entity_ids, late.as_of, strict=True):
        first.setdefault(key, day)
    wanted = [(day - first[key]).astype(int) < 28 for key, day in zip(late.entity_ids, late.as_of, strict=True)]
    assert member.tolist() == wanted
    assert not np.all(wanted)
    index = np.arange(len(late))[::3]
    assert of(late, "new", index)[1].tolist() == np.array(wanted)[index].tolist(), (
        "first days are those of the whole panel"
    )


def test_small_is_the_lower_half_of_each_day(panel):
    by, member = of(panel, "small")
    assert by == "active_days_28d"
    active = panel.X[:, panel.feature_names.index(by)]
    for day in np.unique(panel.as_of):
        own = panel.as_of == day
        assert active[own & member].max() <= active[own & ~member].min()
        assert 0.5 <= member[own].mean() < 0.6


def test_top_is_the_upper_tenth_by_revenue_and_by_activity_where_no_money_moves(panel):
    by, member = of(panel, "top")
    assert by == "revenue_amount_28d"
    assert set(panel.creator_id[member]) == {f"e{i:03d}" for i in range(54, 60)}
    column = panel.feature_names.index("revenue_amount_28d")
    X = panel.X.copy()
    X[:, column] = 0
    assert of(replace(panel, X=X), "top")[0] == "active_days_28d"
    X[0, column] = 5  # one that pays at all: nobody else is at the top with nothing
    by, member = of(replace(panel, X=X), "top")
    assert (by, member.sum()) == ("revenue_amount_28d", 1)


def test_a_panel_with_nothing_to_draw_by_says_none():
    by, member = of(drawn_panel(n_entities=5, weeks=6), "small")
    assert by is None
    assert not member.any()


def test_figures_are_those_of_the_cohorts_rows_beside_the_baseline(panel):
    index = np.flatnonzero(~np.isnan(panel.churned).any(axis=1))
    right = 1 / (1 + np.exp(2.8 - np.log1p(panel.X[index, :1].repeat(3, axis=1))))
    guess = np.random.default_rng(0).random(right.shape)
    found = {
        f.name: f for f in cohort_figures(panel, index, {"tabnet": right, "trees": guess}, "tabnet", "trees", 60, 0)
    }
    for name, cohort in found.items():
        by, member = members(panel, index, name)
        assert cohort.by == by
        assert cohort.n_entities == len(set(panel.creator_id[index][member]))
        for k, h in enumerate(HORIZONS):
            own = cohort.horizons[h]
            y = panel.churned[index, k][member].astype(float)
            assert own.figures.n == member.sum()
            assert own.auc.estimate == pytest.approx(auc(y, right[member, k]))
            assert own.minus.estimate == pytest.approx(auc(y, right[member, k]) - auc(y, guess[member, k]))
    small = found["small"].horizons[14]
    assert small.auc.low < small.auc.estimate < small.auc.high
    assert small.minus.low > 0
    assert small.too_small is None


def test_a_cohort_too_small_for_an_interval_says_so_with_its_figures(panel):
    index = np.flatnonzero(~np.isnan(panel.churned).any(axis=1))
    risks = np.random.default_rng(0).random((len(index), 3))
    new, _, top = cohort_figures(panel, index, {"tabnet": risks, "trees": risks}, "tabnet", "trees", 10, 0)
    for cohort, n in ((new, 4), (top, 6)):
        for h in HORIZONS:
            found = cohort.horizons[h]
            assert np.isnan([found.auc.low, found.minus.low]).all()
            assert found.too_small.startswith(f"{cohort.name} at {h} days: ")
            assert f"of {n} entities, are too few for an interval" in found.too_small
    told = json.loads(json.dumps(without_nan(new.to_dict("trees")), allow_nan=False))
    assert told["horizons"]["14"]["auc_low"] is None
    assert set(told["horizons"]["14"]) == {
        "n", "churn_rate", "auc", "auc_low", "auc_high", "ece", "ece_by_chance", "auc_minus_trees", "too_small"
    }  # fmt: skip


def test_an_empty_cohort_has_no_figures_and_breaks_nothing(panel):
    nobody = with_columns(drawn_panel(n_entities=N_ENTITIES, weeks=WEEKS), tenure_days=np.full(len(panel), 400))
    index = np.flatnonzero(~np.isnan(nobody.churned).any(axis=1))
    risks = np.random.default_rng(0).random((len(index), 3))
    new, *_ = cohort_figures(nobody, index, {"tabnet": risks, "trees": risks}, "tabnet", "trees", 10, 0)
    assert (new.n_entities, new.horizons[7].figures.n) == (0, 0)
    assert "0 rows that churned and 0 that stayed" in new.horizons[7].too_small
    json.dumps(without_nan(new.to_dict("trees")), allow_nan=False)
