"""The model card says what the bundle holds, and nothing from data becomes markup."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fancare.churn.card import render
from fancare.churn.occlusion import contributions
from fancare.churn.pruning import Dropped, Pruning
from fancare.churn.themes import themes_of
from fancare.modelspec import TeacherSpec
from tests.drawn_model import drawn_backtest, drawn_bundle, drawn_config


@pytest.fixture
def bundle(churn_model, panel):
    found = contributions(churn_model, panel.X, themes_of(panel.features, ("broadcast",)), horizon=14, max_rows=50)
    return replace(drawn_bundle(churn_model, backtest=drawn_backtest()), contributions=found, stored_hash=None)


def test_what_a_reader_looks_for_is_there(bundle):
    card = render(bundle)
    for heading in ("Intended use", "Data", "Figures", "What the risks rest on", "Caveats", "Fingerprints"):
        assert f"\n## {heading}\n" in card
    assert f"| made as of (origin) | {bundle.interval.origin} |" in card
    assert "| 14 | tabnet | 0.800 (0.780–0.820) | 0.500 | 0.500 | 0.200 | 0.020 (0.040) | 2.00 | 1,200 | 0.300 |" in card
    assert "| recency | +0.1000 (+0.0800 to +0.1200) |" in card
    assert "none of `broadcast`" in card
    assert bundle.content_hash in card
    assert bundle.weights_hash in card


def test_the_card_says_what_was_pruned_and_who_taught(bundle):
    assert "| features | 4 of 4 candidates |" in render(bundle)
    assert "| taught by | labels alone |" in render(bundle)
    gone = Pruning(bundle.feature_names, (0.1,) * 4, (Dropped("x", "useless", 0.0), Dropped("y", "useless", 0.0)))
    spec = replace(bundle.spec, teacher=TeacherSpec(label_weight=0.2))
    told = render(replace(bundle, model=replace(bundle.model, pruning=gone), spec=spec))
    assert "| features | 4 of 6 candidates |" in told
    assert "| no better than a shuffled feature | 2 |" in told
    assert "labels (20 %) and out-of-fold risks of gradient boosting and logistic regression" in told


def test_intervals_say_what_they_are_clustered_by(bundle):
    assert "clustered by creator. Every model" in render(bundle)
    assert "clustered by creator and by fan." in render(replace(bundle, spec=replace(bundle.spec, entity="room")))


def test_tables_are_whole(bundle):
    """Every row of a table has as many cells as its header."""
    rows = [line for line in render(bundle).splitlines() if line.startswith("|")]
    blocks = [line.count("|") for line in rows]
    assert rows
    headers = [i for i, line in enumerate(rows) if set(line) <= set("|-")]
    for start, stop in zip(headers, [*headers[1:], len(rows) + 1], strict=True):
        assert len(set(blocks[start - 1 : stop - 1])) == 1, rows[start - 1 : stop - 1]


def test_the_same_bundle_gives_the_same_card(bundle):
    assert render(bundle) == render(bundle)


def test_a_model_that_cannot_say_says_so_first(churn_model):
    card = render(drawn_bundle(churn_model, backtest=drawn_backtest(tabnet=0.7, recency=0.7)))
    assert "판단 불가: 최근성 규칙(평균 AUC 0.700)보다 낫지 않음" in card.splitlines()[2]
    assert "**cannot say: not above the recency rule" in card


def test_without_backtest_the_card_says_that(churn_model):
    card = render(drawn_bundle(churn_model))
    assert "판단 불가: 백테스트 결과가 없음" in card
    assert "There is no backtest behind this version" in card
    assert "| days | model |" not in card
    assert "Not measured for this version." in card


def test_alarm_and_weekday_drift_are_caveats(churn_model):
    backtest = drawn_backtest() | {
        "alarm": "tabnet reaches an AUC of 0.990.",
        "off_weekday_ece": {"7": 0.01, "14": 0.09},
    }
    card = render(drawn_bundle(churn_model, backtest=backtest))
    assert "- tabnet reaches an AUC of 0.990." in card
    assert "- On weekdays other than the training's the 14-day calibration error is 0.090." in card
    assert "7-day calibration error" not in card


def test_figures_that_cannot_be_said_are_dashes(churn_model):
    backtest = drawn_backtest()
    backtest["horizons"]["28"]["tabnet"] |= {"auc": None, "auc_low": None, "auc_high": None, "lift_at_10pct": None}
    assert "| 28 | tabnet | – (–––) |" in render(drawn_bundle(churn_model, backtest=backtest))


def test_hostile_event_names_stay_text(churn_model):
    config = drawn_config()
    hostile = "a|b`<img src=x onerror=1>\n## Forged"
    config = replace(config, events=replace(config.events, creator_activity=(hostile,)))
    card = render(drawn_bundle(churn_model, config=config))
    assert "<img" not in card
    assert "\n## Forged" not in card
    assert "a¦b'‹img src=x onerror=1›## Forged" in card


def test_the_card_says_what_a_list_is_worth_and_for_whom(churn_model):
    interval = {"estimate": 0.6, "low": 0.5, "high": 0.7}
    one = {"tabnet": {"precision": interval, "lift": {"estimate": 2.5, "low": 2.0, "high": 3.0}}}
    cohort = {"n": 90, "churn_rate": 0.4, "auc": 0.7, "auc_low": None, "auc_high": None, "ece": 0.05,
              "ece_by_chance": 0.04, "auc_minus_hist_gradient_boosting": {"estimate": 0.01, "low": None, "high": None},
              "too_small": "too few"}  # fmt: skip
    backtest = drawn_backtest() | {
        "at_capacity": {"capacity": 20, "n_days": 12, "horizons": {"14": one, "28": one, "7": one}},
        "cohorts": {"new": {"horizons": {"7": cohort, "14": cohort | {"auc_low": 0.6, "auc_high": 0.8, "too_small": None}}}},
    }
    card = render(drawn_bundle(churn_model, backtest=backtest))
    assert "Of the first 20 ranks of a day, over 12 test days:" in card
    rows = [line for line in card.splitlines() if "| 0.600 (0.500–0.700) | 2.50 |" in line]
    assert [row.split("|")[1].strip() for row in rows] == ["7", "14", "28"]
    assert "| new | 7 | 90 | 0.400 | 0.700 (too few for an interval) | 0.050 (0.040) | +0.0100 |" in card
    assert "| new | 14 | 90 | 0.400 | 0.700 (0.600–0.800) |" in card
