"""The tables of a backtest in a terminal: every figure where a reader looks for it, and a dash where there is none."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest

from fancare.churn.at_capacity import AtCapacity, ModelAtCapacity
from fancare.churn.backtest_result import MODELS, BacktestResult, HorizonFigures
from fancare.churn.bootstrap import Interval
from fancare.churn.cohorts import CohortAtHorizon, CohortFigures
from fancare.churn.metrics import Figures
from fancare.reports.backtest_terminal import print_backtest

FIGURES = Figures(0.81, 0.5, 0.5, 0.2, 0.031, 2.5, 1_814, 0.328)
NONE = Interval(math.nan, math.nan, math.nan)


def result(**more: object) -> BacktestResult:
    horizons: Mapping[int, Mapping[str, HorizonFigures]] = {
        h: {name: HorizonFigures(FIGURES, Interval(0.81, 0.79, 0.84)) for name in MODELS} for h in (7, 14)
    }
    return BacktestResult("creator", (), horizons, 0, {}, {}, {}, None, None, **more)  # type: ignore[arg-type]


@pytest.fixture
def whole() -> BacktestResult:
    own = ModelAtCapacity(Interval(0.6, 0.517, 0.696), Interval(2.96, 2.49, 3.46))
    listed = AtCapacity(
        20, 12, {h: dict.fromkeys(MODELS, own) for h in (7, 14)},
        {h: {name: Interval(0.1, -0.025, 0.104) for name in MODELS[1:]} for h in (7, 14)},
    )  # fmt: skip
    said = CohortAtHorizon(FIGURES, Interval(0.736, 0.618, 0.843), Interval(0.053, -0.013, 0.118), None)
    few = CohortAtHorizon(FIGURES, Interval(0.7, math.nan, math.nan), NONE, "top at 14 days: too few")
    cohorts = (CohortFigures("new", "tenure_days", 60, {14: said}), CohortFigures("top", None, 6, {14: few}))
    losses = {"hist_gradient_boosting": {7: NONE, 14: Interval(-0.0499, -0.0733, -0.0254)}}
    return result(at_capacity=listed, cohorts=cohorts, log_loss_minus=losses)


def lines(printed: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("│┃").split("│")] for line in printed.splitlines() if line.startswith("│")
    ]


def test_every_table_is_there_with_its_figures(whole, capsys):
    print_backtest(whole)
    said = capsys.readouterr().out
    assert "the first 20 ranks of each of 12 test days ([ops] capacity)" in said
    rows = lines(said)
    assert ["14 d", "tabnet", "0.810", "0.790 to 0.840", "0.500", "0.328", "0.031 (0.032)", "2.50", "1,814"] in rows
    assert ["14 d", "tabnet", "0.600 (0.517 to 0.696)", "2.96 (2.49 to 3.46)", ""] in rows
    assert ["7 d", "recency", "0.600 (0.517 to 0.696)", "2.96 (2.49 to 3.46)", "0.100 (-0.025 to 0.104)"] in rows
    cohort = ["new", "14 d", "1,814", "0.328", "0.736 (0.618 to 0.843)", "0.031 (0.032)", "0.053 (-0.013 to 0.118)"]
    assert cohort in rows
    assert (
        "TabNet's log loss at 14 days minus hist_gradient_boosting's: -0.0499 (-0.0733 to -0.0254; below 0 is better)"
        in said
    )


def test_what_cannot_be_said_is_a_dash_and_a_cohort_too_small_says_so(whole, capsys):
    print_backtest(whole)
    said = capsys.readouterr().out
    assert ["top", "14 d", "1,814", "0.328", "0.700", "0.031 (0.032)", "–"] in lines(said)
    assert "top at 14 days: too few" in said.splitlines()
    assert "nan" not in said


def test_a_result_without_lists_and_cohorts_is_the_models_alone(capsys):
    print_backtest(result())
    said = capsys.readouterr().out
    assert "ranks of each" not in said
    assert len(lines(said)) == 2 * len(MODELS)
