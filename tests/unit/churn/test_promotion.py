"""The gate: what a first champion may say, and which challengers are turned away."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from fancare.churn.backtest_rows import BacktestRows
from fancare.churn.metrics import ece
from fancare.churn.occlusion import contributions
from fancare.churn.promotion import judge, verdict
from fancare.churn.themes import themes_of
from fancare.churn.turnover import Turnover
from fancare.errors import ConfigError, Refused
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
    gate = judge(made(tabnet=0.6, recency=0.7), champion=None)
    assert not gate.enforce().can_say
    assert not gate.binding


def test_on_other_rows_the_gain_over_the_recency_rule_is_compared(made):
    champion = made(tabnet=0.80, recency=0.70)
    harder_month = made(tabnet=0.76, recency=0.65, last_test="2026-07-28")
    assert judge(harder_month, champion).enforce().can_say
    easier_month = made(tabnet=0.85, recency=0.80, last_test="2026-07-28")
    with pytest.raises(Refused, match=r"\+0.0500 over the recency rule, the champion's was \+0.1000"):
        judge(easier_month, champion).enforce()


def test_on_other_rows_a_loss_within_the_noise_of_both_figures_passes(made):
    """Two months of a small platform: gains of .06 and .04 with intervals of ± .05 do not tell the models apart."""
    champion = made(tabnet=0.80, recency=0.74, width=0.05)
    small_month = made(tabnet=0.80, recency=0.74, width=0.05, last_test="2026-07-28")
    assert judge(small_month, champion).enforce().can_say
    wide = made(tabnet=0.86, recency=0.74, width=0.05)
    assert judge(small_month, wide).enforce().can_say  # 0.06 less, and ± 0.07 of noise
    sharp = made(tabnet=0.86, recency=0.74, width=0.01)
    with pytest.raises(Refused, match=r"chance makes 0\.0141"):
        judge(made(tabnet=0.80, recency=0.74, width=0.01, last_test="2026-07-28"), sharp).enforce()


def test_a_challenger_that_cannot_say_does_not_follow_one_that_can(made):
    with pytest.raises(Refused, match="not above the recency rule"):
        judge(made(tabnet=0.7, recency=0.7), champion=made()).enforce()


def test_a_champion_that_cannot_say_is_followed_by_anyone(made):
    mute = made(tabnet=0.7, recency=0.7)
    assert judge(made(), champion=mute).enforce().can_say
    assert not judge(made(tabnet=0.69, recency=0.7), champion=mute).enforce().can_say


def test_another_definition_of_churn_is_no_yardstick(made, churn_model):
    config = drawn_config(active_within_days=14)
    challenger = drawn_bundle(churn_model, config=config, backtest=drawn_backtest(tabnet=0.75, recency=0.7))
    assert judge(challenger, champion=made(tabnet=0.9)).enforce().can_say


def with_gate(bundle, **keys):
    return replace(bundle, spec=replace(bundle.spec, gate=replace(bundle.spec.gate, **keys)))


def test_the_gate_is_the_challengers_spec(made):
    challenger, champion = made(tabnet=0.75, width=0.01, last_test="2026-07-28"), made(tabnet=0.80, width=0.01)
    with pytest.raises(Refused, match=r"the loss allowed is 0\.0050"):
        judge(challenger, champion).enforce()
    assert judge(with_gate(challenger, max_auc_loss_to_champion=0.04), champion).enforce().can_say


def test_the_least_gain_over_the_recency_rule_is_the_specs(made):
    strict = made(tabnet=0.80, recency=0.72)
    strict = replace(strict, spec=replace(strict.spec, gate=replace(strict.spec.gate, min_auc_gain_over_recency=0.1)))
    assert verdict(strict).code == "gate.not_above_recency"


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


# --- the same rows, reasons, turnover, certificate


def rows_of(seed: int, spoilt: float = 0.0, n: int = 200, weeks: int = 6, first_week: int = 0) -> BacktestRows:
    """Rows of a world where risks are right; ``spoilt`` is the share of entities whose risk is drawn anew."""
    random = np.random.default_rng(0)
    level = np.repeat(random.normal(size=n), 12) + random.normal(size=n * 12)
    risk = 1 / (1 + np.exp(1 - 1.5 * level))
    drawn = random.random(n * 12)
    churned = np.column_stack([drawn < share * risk for share in (1.0, 0.9, 0.8)]).astype(np.float32)
    own = np.random.default_rng(seed)
    lost = np.repeat(own.random(n) < spoilt, 12)
    risk = np.where(lost, own.random(n * 12), risk)
    week = np.tile(np.arange(12), n)
    ids = np.repeat(np.array([f"e{i:03d}" for i in range(n)], dtype=object), 12)
    rows = BacktestRows((7, 14, 28), ids, None, (week * 7).astype("datetime64[D]"),
                        np.column_stack([risk, 0.9 * risk, 0.8 * risk]), churned)  # fmt: skip
    return rows.at(np.flatnonzero((week >= first_week) & (week < first_week + weeks)))


def held_against(churn_model, mine: BacktestRows, theirs: BacktestRows, **figures):
    challenger = drawn_bundle(churn_model, backtest=drawn_backtest(**figures), rows=mine)
    champion = drawn_bundle(churn_model, backtest=drawn_backtest(tabnet=0.801), rows=theirs)
    return challenger, champion


def test_a_challenger_shown_to_be_worse_on_common_rows_is_refused_with_both_ends(churn_model):
    gate = judge(*held_against(churn_model, rows_of(1, spoilt=0.4, first_week=1), rows_of(2)))
    with pytest.raises(
        Refused, match=r"on the 1,000 rows that both were tested on its mean AUC is -0\.\d{4} against the "
    ):
        gate.enforce()
    (failed,) = gate.failed
    assert failed.name == "not_worse"
    assert failed.facts["high"] < 0
    assert "1,000행" in failed.text("ko")


def test_common_rows_count_and_not_the_figures_of_other_weeks(churn_model):
    """The challenger's own figures look .05 worse (a harder week came in); on the same rows it is the better one."""
    better = held_against(churn_model, rows_of(1, first_week=1), rows_of(2, spoilt=0.4), tabnet=0.75)
    assert judge(*better).enforce().can_say
    worse = held_against(churn_model, rows_of(1, spoilt=0.4, first_week=1), rows_of(2), tabnet=0.85)
    assert [check.name for check in judge(*worse).failed] == ["not_worse"]


def test_with_hardly_a_row_in_common_the_gains_over_recency_are_compared(churn_model):
    apart = held_against(churn_model, rows_of(1, spoilt=0.4, first_week=5), rows_of(2, weeks=6), tabnet=0.80)
    check = next(check for check in judge(*apart).checks if check.name == "not_worse")
    assert (check.passed, check.code) == (True, "gate.not_worse_over_recency")


def stable(model, panel, overlap):
    themes = themes_of(panel.features, ("broadcast",))
    found = contributions(model, panel.X[:50], themes, 14)
    return replace(found, rank_correlation=0.9, top_overlap=0.9, row_overlap=overlap, overlap_by_chance=0.35)


def test_reasons_that_depend_on_the_seed_are_refused_with_the_level_of_chance(churn_model, panel, made):
    shaky = replace(made(tabnet=0.85), contributions=stable(churn_model, panel, 0.42), stored_hash=None)
    with pytest.raises(Refused, match=r"the top five overlap by 0\.42 \(by chance 0\.35\), needed is 0\.50"):
        judge(shaky, champion=made()).enforce()
    assert judge(with_gate(shaky, min_reason_stability=0.4), champion=made()).enforce().can_say
    gate = judge(shaky, champion=None)
    assert gate.enforce().can_say, "a first champion is taken; the table says what is weak about it"
    assert [check.name for check in gate.checks if check.passed is False] == ["reasons"]


def turned(n_new: int) -> Turnover:
    return Turnover("20260601-00000000", "0" * 64, date(2026, 6, 30), n_cohort=161, n_listed=20, n_new=n_new)


def test_a_watchlist_turned_over_by_the_model_alone_is_refused_until_a_person_takes_it(made):
    with pytest.raises(
        Refused, match=r"it alone turns over 11 of the 20 on the watchlist \(55%\), allowed is 50%"
    ) as refused:
        judge(made(tabnet=0.85), made(), turned(11)).enforce()
    assert f"`fancare promote --version {made(tabnet=0.85).version} --accept-turnover`" in str(refused.value)
    assert judge(made(tabnet=0.85), made(), turned(10)).enforce().can_say
    accepted = judge(made(tabnet=0.85), made(), turned(11), accept_turnover=True)
    assert accepted.enforce().can_say
    assert "--accept-turnover" in accepted.checks[-1].limit


def test_accepting_a_turnover_accepts_nothing_else(made, churn_model, panel):
    shaky = replace(made(tabnet=0.85), contributions=stable(churn_model, panel, 0.1), stored_hash=None)
    with pytest.raises(Refused, match="its reasons depend on the seed"):
        judge(shaky, made(), turned(20), accept_turnover=True).enforce()


def test_what_was_not_measured_keeps_nobody_out(made):
    gate = judge(made(), champion=made(tabnet=0.79))
    unknown = {check.name: check for check in gate.checks if check.passed is None}
    assert unknown.keys() == {"reasons", "turnover"}
    assert gate.enforce().can_say
    assert unknown["turnover"].text("en") == (
        "how much of the watchlist it alone turns over is not known: training measures against the last 3 champions and the 3 "
        "newest certified versions, and this champion was not among them; compare the lists before and after"
    )
    assert "3개까지만 재며" in unknown["turnover"].text("ko")
    assert "시드가 둘 이상이어야" in unknown["reasons"].text("ko")


def test_every_failing_reason_is_told_at_once_each_with_figures(made, churn_model, panel):
    bad = replace(
        made(tabnet=0.72, recency=0.72, ece=0.3), contributions=stable(churn_model, panel, 0.2), stored_hash=None
    )
    gate = judge(bad, made(), turned(19), uncertified="it has no leakage certificate; run `fancare certify`.")
    assert [check.name for check in gate.failed] == [
        "certificate",
        "above_recency",
        "calibrated",
        "reasons",
        "turnover",
    ]
    with pytest.raises(Refused) as refused:
        gate.enforce()
    said = str(refused.value)
    for figure in (
        "run `fancare certify`;",
        "0.720",
        "0.300",
        "0.20",
        "19 of the 20",
        "the champion",
        "keeps scoring. Train",
    ):
        assert figure in said, figure
    assert all(check.text("ko") and check.title("ko") for check in gate.failed)


def test_what_passed_is_told_with_its_figures_too(churn_model, panel):
    mine, theirs = rows_of(1, first_week=1), rows_of(2, spoilt=0.4)
    challenger = drawn_bundle(churn_model, backtest=drawn_backtest(tabnet=0.81), rows=mine)
    challenger = replace(challenger, contributions=stable(churn_model, panel, 0.62), stored_hash=None)
    champion = drawn_bundle(churn_model, backtest=drawn_backtest(tabnet=0.801), rows=theirs)
    gate = judge(challenger, champion, turned(3))
    assert all(check.passed for check in gate.checks)
    said = {check.name: check.text("ko") for check in gate.checks}
    assert said["certificate"] == "누출 검사 인증서를 통과함"
    assert said["above_chance"] == "모든 기간에서 우연 수준(AUC 0.5)보다 나음 (평균 AUC 0.810)"
    assert said["above_recency"] == "최근성 규칙보다 평균 AUC +0.110 높음 (95% 구간의 아래 끝 +0.090)"
    assert said["calibrated"].startswith("14일 위험도의 보정 오차(ECE) 0.020, 허용 0.")
    gap = next(check for check in gate.checks if check.name == "not_worse").facts
    interval = f"{gap['estimate']:+.4f} ({gap['low']:+.4f}~{gap['high']:+.4f})"
    assert f"같은 1,000행에서 비교하면 평균 AUC {interval}" in said["not_worse"]
    assert said["reasons"] == "이유가 시드와 무관하게 안정적임: 상위 5개가 겹치는 비율 0.62(우연 0.35), 필요 0.50"
    assert said["turnover"] == "행동과 무관하게 바뀌는 명단은 20명 중 3명(15%), 허용 50%"
    assert {check.text("en") for check in gate.checks}.isdisjoint(said.values())


def test_where_a_loss_is_neither_shown_nor_excluded_the_sentence_says_so(churn_model):
    few = rows_of(1, n=40, spoilt=0.1, first_week=1), rows_of(2, n=40)
    check = next(check for check in judge(*held_against(churn_model, *few)).checks if check.name == "not_worse")
    assert check.passed
    assert check.code == "gate.undecided_on_common_rows"
    assert "나빠졌다고 확인되지도, 아니라고 확인되지도 않음" in check.text("ko")


def test_without_a_certificate_not_even_a_first_champion(made):
    with pytest.raises(Refused, match=r"is refused: it has none; nothing was promoted\.$"):
        judge(made(), champion=None, uncertified="it has none.").enforce()


@pytest.mark.parametrize("key", ["min_reason_stability", "max_watchlist_turnover"])
@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_limit_that_is_no_share_is_a_mistake_of_the_spec(made, key, share):
    with pytest.raises(ConfigError, match=rf"\[gate\] {key} = {share} of model 'drawn' must be a share between 0 and 1"):
        with_gate(made(), **{key: share})
