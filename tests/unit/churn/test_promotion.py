"""The gate: what a first champion may say, and which challengers are turned away."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fancare.churn.metrics import ece
from fancare.churn.promotion import judge, same_rows, verdict
from fancare.errors import Refused
from tests.drawn_model import drawn_backtest, drawn_bundle, drawn_config


@pytest.fixture
def made(churn_model):
    """A bundle with a backtest of these figures."""
    return lambda **figures: drawn_bundle(churn_model, backtest=drawn_backtest(**figures))


def test_a_model_above_the_recency_rule_may_speak(made):
    found = verdict(made(tabnet=0.80, recency=0.72))
    assert found.can_say
    assert found.text("en") == "mean AUC +0.080 above the recency rule"
    assert found.text("ko") == "최근성 규칙보다 평균 AUC +0.080 높음"


@pytest.mark.parametrize(
    ("figures", "code"),
    [
        ({"tabnet": 0.70, "recency": 0.72}, "gate.not_above_recency"),
        ({"tabnet": 0.72, "recency": 0.72}, "gate.not_above_recency"),
        ({"tabnet": 0.73, "recency": 0.72}, "gate.not_above_recency"),  # the interval of the difference holds 0
        ({"tabnet": 0.51, "recency": 0.40}, "gate.not_above_chance"),
        ({"tabnet": 0.80, "recency": 0.70, "ece": 0.2}, "gate.not_calibrated"),
    ],
)
def test_a_model_that_cannot_say(made, figures, code):
    found = verdict(made(**figures))
    assert (found.can_say, found.code) == (False, code)
    assert found.text("ko")
    assert found.text("en")


def test_without_a_backtest_nothing_can_be_said(churn_model):
    assert verdict(drawn_bundle(churn_model)).code == "gate.no_backtest"


def test_figures_that_could_not_be_computed_say_nothing(made, churn_model):
    unknown = drawn_backtest()
    for by_model in unknown["horizons"].values():
        by_model["tabnet"] |= {"auc": None, "auc_low": None, "auc_high": None}
    assert verdict(drawn_bundle(churn_model, backtest=unknown)).code == "gate.no_figures"
    unpaired = drawn_backtest()
    unpaired["tabnet_minus"]["recency"] = {"estimate": None, "low": None, "high": None}
    assert verdict(drawn_bundle(churn_model, backtest=unpaired)).code == "gate.no_figures"
    single = drawn_backtest()
    single["tabnet_minus"]["recency"] |= {"low": None, "high": None}
    found = verdict(drawn_bundle(churn_model, backtest=single))
    assert (found.can_say, found.code) == (False, "gate.not_above_recency")
    assert all(map(np.isfinite, found.facts.values())), (
        "what is not a number would break champion.json for other readers"
    )
    assert "nan" not in found.text("ko") + found.text("en")


@pytest.mark.parametrize("low", [0.5, None])
def test_every_horizon_must_be_above_chance(churn_model, low):
    one = drawn_backtest()
    one["horizons"]["28"]["tabnet"]["auc_low"] = low
    assert verdict(drawn_bundle(churn_model, backtest=one)).code == "gate.not_above_chance"


def test_the_first_champion_is_taken_even_if_it_cannot_say(made):
    assert not judge(made(tabnet=0.6, recency=0.7), champion=None).can_say


def test_a_worse_challenger_on_the_same_rows_is_refused_with_both_figures(made):
    with pytest.raises(
        Refused, match=r"its mean AUC is 0.7900, the champion's 0.8000 on the same rows; the champion .* keeps"
    ):
        judge(made(tabnet=0.79), champion=made(tabnet=0.80))


def test_a_retrain_within_noise_passes(made):
    assert judge(made(tabnet=0.798), champion=made(tabnet=0.80)).can_say


def test_on_other_rows_the_gain_over_the_recency_rule_is_compared(made):
    champion = made(tabnet=0.80, recency=0.70)
    harder_month = made(tabnet=0.76, recency=0.65, last_test="2026-07-28")
    assert judge(harder_month, champion).can_say
    easier_month = made(tabnet=0.85, recency=0.80, last_test="2026-07-28")
    with pytest.raises(Refused, match=r"\+0.0500 over the recency rule, the champion's was \+0.1000"):
        judge(easier_month, champion)


def test_on_other_rows_a_loss_within_the_noise_of_both_figures_passes(made):
    """Two months of a small platform: gains of .06 and .04 with intervals of ± .05 do not tell the models apart."""
    champion = made(tabnet=0.80, recency=0.74, width=0.05)
    small_month = made(tabnet=0.80, recency=0.74, width=0.05, last_test="2026-07-28")
    assert judge(small_month, champion).can_say
    wide = made(tabnet=0.86, recency=0.74, width=0.05)
    assert judge(small_month, wide).can_say  # 0.06 less, and ± 0.07 of noise
    sharp = made(tabnet=0.86, recency=0.74, width=0.01)
    with pytest.raises(Refused, match=r"and chance makes 0\.0141"):
        judge(made(tabnet=0.80, recency=0.74, width=0.01, last_test="2026-07-28"), sharp)


def test_a_challenger_that_cannot_say_does_not_follow_one_that_can(made):
    with pytest.raises(Refused, match="not above the recency rule"):
        judge(made(tabnet=0.7, recency=0.7), champion=made())


def test_a_champion_that_cannot_say_is_followed_by_anyone(made):
    mute = made(tabnet=0.7, recency=0.7)
    assert judge(made(), champion=mute).can_say
    assert not judge(made(tabnet=0.69, recency=0.7), champion=mute).can_say


def test_another_definition_of_churn_is_no_yardstick(made, churn_model):
    config = drawn_config(active_within_days=14)
    challenger = drawn_bundle(churn_model, config=config, backtest=drawn_backtest(tabnet=0.75, recency=0.7))
    assert judge(challenger, champion=made(tabnet=0.9)).can_say


def test_the_gate_is_the_challengers_spec(made):
    challenger = made(tabnet=0.79)
    loose = replace(
        challenger, spec=replace(challenger.spec, gate=replace(challenger.spec.gate, max_auc_loss_to_champion=0.02))
    )
    assert judge(loose, champion=made(tabnet=0.80)).can_say


def test_the_least_gain_over_the_recency_rule_is_the_specs(made):
    strict = made(tabnet=0.80, recency=0.72)
    strict = replace(strict, spec=replace(strict.spec, gate=replace(strict.spec.gate, min_auc_gain_over_recency=0.1)))
    assert verdict(strict).code == "gate.not_above_recency"


def test_same_rows_means_same_days_and_as_many(made):
    assert same_rows(drawn_backtest(), drawn_backtest(tabnet=0.6))
    assert not same_rows(drawn_backtest(), drawn_backtest(last_test="2026-07-01"))


def test_few_rows_are_forgiven_what_chance_does_to_the_ece(churn_model):
    """By simulation: the ECE of perfectly calibrated risks on 300 rows is well above 0, and within what the gate allows."""
    random = np.random.default_rng(0)
    risk = random.uniform(0.05, 0.6, size=(200, 300))
    by_chance = np.mean([ece((random.random(300) < p).astype(float), p) for p in risk])
    assert by_chance > 0.05
    few = drawn_backtest(ece=float(by_chance))
    for by_model in few["horizons"].values():
        by_model["tabnet"] |= {"n": 300, "brier": float((risk * (1 - risk)).mean())}
    assert verdict(drawn_bundle(churn_model, backtest=few)).can_say
    many = drawn_backtest(ece=float(by_chance) + 0.02)
    for by_model in many["horizons"].values():
        by_model["tabnet"] |= {"n": 300_000}
    assert verdict(drawn_bundle(churn_model, backtest=many)).code == "gate.not_calibrated"
