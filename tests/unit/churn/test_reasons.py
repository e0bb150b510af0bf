"""Reasons say true facts, and taking these facts away moves the very risk that people see."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from fancare import messages
from fancare.churn import reasons
from fancare.churn.bundle import Bundle
from fancare.churn.calibration import ChainCalibration
from fancare.churn.model import fit_at_origin
from fancare.churn.occlusion import contributions, effects, overlap_by_chance, top_overlap
from fancare.churn.promotion import Verdict
from fancare.churn.reason_words import Facts, words
from fancare.churn.reasons import (
    MOST_REASONS,
    SMALLEST_EFFECT,
    SMALLEST_SHOWN,
    explain_also,
    explain_rows,
    explain_top,
    is_worth_telling,
)
from fancare.churn.registry import LoadedBundle, Registry
from fancare.churn.score import score
from fancare.churn.scoring import explain_on_demand
from fancare.churn.themes import themes_of
from fancare.dates import TimeLine
from fancare.modelspec import ModelSpec, PruneSpec, TrainSpec
from fancare.panel.build import build, plan
from fancare.panel.event_slots import Slot
from fancare.panel.features import features_for
from fancare.panel.gate import read_panel
from tests import drawn_log
from tests.drawn_panel import SMALL

DAYS = 180
NOW = datetime(2026, 9, 1, tzinfo=UTC)
HOSTILE = "x'; DROP TABLE events -- {0}<b>\u202e" + "y" * 100


def drawn_rows() -> list[dict]:
    """Creators who broadcast at their own rates and go quiet for good or for a while; fans write while they do."""
    random = np.random.default_rng(3)
    rows = []
    for creator in range(24):
        rate, live = random.uniform(0.15, 0.8), True
        drawn, messages_drawn = "", ""
        for _ in range(DAYS):
            live = live if random.random() > (0.02 if live else 0.04) else not live
            drawn += "x" if live and random.random() < rate else "."
            messages_drawn += "2" if live and random.random() < 0.7 else "."
        rows += drawn_log.events(f"c{creator:02d}", drawn)
        rows += drawn_log.events(f"f{creator:02d}", messages_drawn, event="message", creator=f"c{creator:02d}")
        rows += drawn_log.events(f"f{creator:02d}", messages_drawn[1:] + ".", event=HOSTILE, creator=f"c{creator:02d}")
    return rows


@pytest.fixture(scope="module")
def world():
    """(warehouse, config, panel of all weeks, bundle): a drawn log through the real build and a small real model."""
    config = drawn_log.config(active_within_days=28)
    tabnet = replace(SMALL, epochs=6, seeds=(0, 1))
    prune = PruneSpec(max_features=50)  # so that there are facts beside the features
    model_spec = ModelSpec("drawn", "creator", train=TrainSpec(calibration_weeks=2), prune=prune, tabnet=tabnet)
    config = replace(config, model=model_spec)
    with drawn_log.warehouse(drawn_rows()) as warehouse:
        line = TimeLine(drawn_log.day(0), drawn_log.day(DAYS - 1), 0, config.churn.horizons)
        build(warehouse, config, line.weekly_as_ofs(), line.data_through)
        features = plan(warehouse, config, line.data_through).features
        panel = read_panel(warehouse, config, line.weekly_as_ofs(), features)
        split = line.split_at(line.data_through, model_spec.train.calibration_weeks)
        model = fit_at_origin(panel, split, model_spec)
        yield warehouse, config, panel, Bundle.of(model, panel.features, config, line.first_day, split.cut)


@pytest.fixture(scope="module")
def explained(world):
    _, _, panel, bundle = world
    sample = panel.rows(np.arange(0, len(panel), 5))
    return sample, explain_rows(sample, bundle)


def test_reasons_are_few_signed_and_sorted(explained):
    _, reasons = explained
    assert sum(map(bool, reasons)) > len(reasons) / 3, "the model has something to say"
    for own in reasons:
        assert len(own) <= MOST_REASONS
        sizes = [abs(reason.effect) for reason in own]
        assert sizes == sorted(sizes, reverse=True)
        assert all(size >= SMALLEST_SHOWN for size in sizes)
        assert len({reason.theme for reason in own}) == len(own)
    assert {reason.raises for own in reasons for reason in own} == {True, False}


def test_each_effect_is_what_occluding_its_features_does_to_the_risk(world, explained):
    """By hand: put the typical values in place, ask the model again."""
    bundle = world[3]
    sample, reasons = explained
    X = sample.columns(bundle.feature_names).X
    k = bundle.horizons.index(14)
    for row, own in list(zip(X, reasons, strict=True))[:20]:
        before = bundle.model.risks(row[None])[0, k]
        for reason in own:
            other = row.copy()
            for name in reason.features:
                j = bundle.feature_names.index(name)
                other[j] = bundle.model.reference[j]
            assert before - bundle.model.risks(other[None])[0, k] == pytest.approx(reason.effect, abs=1e-6)


def test_reasons_of_one_sign_hold_together(world, explained):
    bundle = world[3]
    sample, reasons = explained
    X = sample.columns(bundle.feature_names).X
    for row, own in zip(X, reasons, strict=True):
        for sign in (1, -1):
            same = [reason for reason in own if reason.effect * sign > 0]
            if not same:
                continue
            columns = [bundle.feature_names.index(name) for reason in same for name in reason.features]
            joint = effects(bundle.model, row[None], [columns], 14)[0, 0]
            assert joint * sign >= SMALLEST_SHOWN
            assert [reason.joint_effect for reason in same] == pytest.approx([joint] * len(same), abs=1e-6)


def test_codes_come_from_the_vocabulary_and_facts_are_raw(explained):
    sample, reasons = explained
    known = set(messages.codes("reason."))
    position = {name: j for j, name in enumerate(sample.feature_names)}
    for i, own in enumerate(reasons):
        for reason in own:
            assert reason.words.code in known
            assert json.loads(json.dumps(reason.words.facts, allow_nan=False)) == dict(reason.words.facts)
            if "silence_days" in reason.words.facts:
                assert reason.words.facts["silence_days"] == sample.X[i, position["recency_days"]]


def test_hostile_names_stay_facts(explained):
    _, reasons = explained
    texts = [
        reason.text(lang) for own in reasons for reason in own for lang in ("ko", "en") if "DROP" in reason.text(lang)
    ]
    assert texts
    assert all("\u202e" not in text and len(text) < 250 for text in texts)


def test_one_row_alone_has_the_same_reasons(world, explained):
    sample, reasons = explained
    for i in range(0, len(sample), 7):
        (alone,) = explain_rows(sample.rows(np.array([i])), world[3])
        assert [reason.theme for reason in alone] == [reason.theme for reason in reasons[i]]
        assert [reason.effect for reason in alone] == pytest.approx([r.effect for r in reasons[i]], abs=1e-6)


def test_reasons_that_do_not_hold_together_lose_the_weakest_until_they_do(world, monkeypatch):
    """Two that undo each other: the stronger is shown with its own joint effect, and the other sign is left alone."""
    bundle = world[3]
    themes = themes_of(bundle.features, bundle.churn.activity)[:4]
    found = np.array([[0.3, 0.2, -0.1, -0.05]])
    together = {(0, 1): 0.001, (0,): 0.3, (2, 3): -0.12}
    asked = []

    def joint(model, X, columns, horizon):
        of = [tuple(g for g, theme in enumerate(themes) if set(theme.columns) <= set(own)) for own in columns]
        asked.extend(of)
        return np.array([together[groups] for groups in of])

    monkeypatch.setattr(reasons, "joint_effects", joint)
    worded = [dict.fromkeys(range(4))]
    X = bundle.model.reference[None]
    holding = reasons._verified(X, found, np.array([0.5]), worded, themes, bundle, 14)
    assert holding == {(0, 0): 0.3, (0, 2): -0.12, (0, 3): -0.12}
    assert asked == [(0, 1), (2, 3), (0,)]


def test_the_feature_that_speaks_moves_the_risk_in_the_themes_direction():
    """The theme lowers the risk; its count alone raises it, its days alone lower it: the days speak."""
    theme = next(t for t in themes_of(RECORDS, ("broadcast",)) if t.event_name == "gift")
    row, typical, alone = np.ones(len(NAMES)), np.ones(len(NAMES)), np.zeros(len(NAMES))
    for name, value, effect in ((f"{GIFT}_n_84d", 90, 0.2), (f"{GIFT}_days_84d", 9, -0.1)):
        row[NAMES.index(name)], alone[NAMES.index(name)] = value, effect
    facts = Facts("creator", RECORDS, row, typical, len(RECORDS))
    (lowering,) = reasons._worded(facts, np.array([-0.05]), alone, 0.5, [theme]).values()
    (raising,) = reasons._worded(facts, np.array([0.05]), alone, 0.5, [theme]).values()
    assert (lowering.code, raising.code) == ("reason.event_days", "reason.event_level")


def test_a_typical_row_has_no_reasons(world):
    _, _, panel, bundle = world
    typical = panel.columns(bundle.feature_names).rows(np.array([0]))
    assert explain_rows(replace(typical, X=bundle.model.reference[None].copy()), bundle) == [()]


def test_near_certainty_the_odds_decide_what_is_worth_telling():
    for risk, effect, told in (
        (0.5, 0.0101, True), (0.5, 0.0099, False), (0.5, -0.0101, True),
        (0.998, 0.0009, True), (0.998, -0.0009, True),  # without: 0.9971 and 0.9989, a third more or less odds of staying
        (0.998, 0.0003, False), (0.002, 0.0009, True), (0.9999, 0.0004, False),  # it would be shown as 0.0
    ):  # fmt: skip
        assert is_worth_telling(effect, risk) is told, (risk, effect)


def test_a_nearly_certain_risk_has_reasons_too(world):
    """The same network, its risks pushed towards 1: what moved them by percentage points now moves them by little."""
    _, _, panel, bundle = world
    certain = replace(bundle.model, calibration=ChainCalibration((6.0, 6.0, 6.0), (10.0, 10.0, 10.0)))
    told = explain_rows(panel.rows(np.arange(0, len(panel), 5)), replace(bundle, model=certain))
    small = [reason for own in told for reason in own if abs(reason.effect) < SMALLEST_EFFECT]
    assert {reason.raises for reason in small} == {True, False}


def test_no_rows_no_reasons(world):
    assert explain_rows(world[2].rows(np.arange(0)), world[3]) == []


def test_other_horizons_can_be_explained(world, explained):
    (own,) = explain_rows(explained[0].rows(np.array([0])), world[3], horizon=28)
    assert all(reason.horizon == 28 for reason in own)


# --- the table


@pytest.fixture
def scored(world):
    warehouse, config, panel, bundle = world
    today = panel.rows(panel.as_of == panel.as_of.max())
    verdict = Verdict(True, "gate.passed", {"gain": 0.1})
    loaded = LoadedBundle(bundle, bundle.version, None, verdict)
    day: date = today.as_of[0].item()
    score(warehouse, config, today, loaded, day, NOW)
    return warehouse, config, today, loaded, day


def test_the_top_ranks_get_reasons_and_nobody_else(scored):
    warehouse, _, today, loaded, day = scored
    found = zip(today.creator_id, explain_rows(today, loaded.bundle), strict=True)
    has_some = {creator for creator, own in found if own}
    for capacity in (1, 2, 3, 4):
        explain_top(warehouse, today, loaded.bundle, capacity)
        rows = warehouse.rows("SELECT DISTINCT creator_id FROM risk_reasons WHERE as_of = @day", {"day": day})
        top = warehouse.rows("SELECT creator_id FROM risk_scores WHERE as_of = @day ORDER BY rank", {"day": day})[
            :capacity
        ]
        assert {creator for (creator,) in rows} == {creator for (creator,) in top} & has_some
    assert len(rows) > 1
    positions = warehouse.rows(
        "SELECT creator_id, MIN(position), MAX(position), COUNT(*) FROM risk_reasons GROUP BY creator_id"
    )
    assert all(first == 1 and last == n for _, first, last, n in positions)
    assert warehouse.rows("SELECT DISTINCT model_version, horizon FROM risk_reasons") == [(loaded.version, 14)]


def test_without_ranks_old_reasons_go(scored):
    warehouse, config, today, loaded, day = scored
    explain_top(warehouse, today, loaded.bundle, capacity=4)
    score(warehouse, config, today, replace(loaded, verdict=Verdict(False, "gate.no_backtest")), day, NOW)
    assert explain_top(warehouse, today, loaded.bundle, capacity=4) == 0
    assert warehouse.value("SELECT COUNT(*) FROM risk_reasons WHERE as_of = @day", {"day": day}) == 0


def test_reasons_on_demand_stand_beside_those_of_the_top_ranks(scored):
    warehouse, _, today, loaded, day = scored
    explain_top(warehouse, today, loaded.bundle, capacity=2)
    ordered = "ORDER BY creator_id, position"
    top = warehouse.rows(f"SELECT * FROM risk_reasons {ordered}")
    ((last,),) = warehouse.rows(
        "SELECT creator_id FROM risk_scores WHERE as_of = @day ORDER BY rank DESC LIMIT 1", {"day": day}
    )
    one = today.rows(today.creator_id == last)
    for _ in range(2):  # twice is as good as once
        n = explain_also(warehouse, one, loaded.bundle)
        assert n == len(explain_rows(one, loaded.bundle)[0])
        assert warehouse.rows(f"SELECT * FROM risk_reasons WHERE creator_id <> @last {ordered}", {"last": last}) == top
        assert warehouse.value("SELECT COUNT(*) FROM risk_reasons WHERE creator_id = @last", {"last": last}) == n


def test_one_entity_is_explained_by_the_model_that_scored_it(scored, tmp_path):
    warehouse, config, today, loaded, day = scored
    config = replace(config, path=tmp_path / "fancare.toml")
    Registry.of(config).register(loaded.bundle)
    explain_top(warehouse, today, loaded.bundle, capacity=1)
    for creator in today.creator_id:
        n = explain_on_demand(warehouse, config, creator, None, day)
        ((own,),) = warehouse.rows("SELECT COUNT(*) FROM risk_reasons WHERE creator_id = @id", {"id": creator})
        assert n == own == len(explain_rows(today.rows(today.creator_id == creator), loaded.bundle)[0])
    assert explain_on_demand(warehouse, config, "nobody", None, day) == 0


def test_written_reasons_read_back(scored):
    warehouse, _, today, loaded, _ = scored
    one = today.rows(np.array([2]))
    (own,) = explain_rows(one, loaded.bundle)
    assert explain_also(warehouse, one, loaded.bundle) == len(own)
    rows = warehouse.rows(
        "SELECT code, effect, fact, text_ko, text_en, features FROM risk_reasons WHERE creator_id = @id ORDER BY position",
        {"id": str(one.creator_id[0])},
    )
    assert [row[:2] for row in rows] == [(reason.words.code, reason.effect) for reason in own]
    assert [json.loads(row[2]) for row in rows] == [dict(reason.words.facts) for reason in own]
    assert [row[3:] for row in rows] == [(r.text("ko"), r.text("en"), ",".join(r.features)) for r in own]


# --- words, from drawn facts

SLOTS = (
    Slot(0, "creator", "broadcast", date(2026, 1, 1), False, True),
    Slot(1, "fan", "gift", date(2026, 1, 1), False, True),
    Slot(2, "fan", None, date(2026, 1, 1), False, True),
)
RECORDS = features_for("creator", SLOTS, revenue=True, many_rooms=True, other_events=True)
NAMES = [record.name for record in RECORDS]
GIFT = "fan_gift_" + NAMES[[r.event_name for r in RECORDS].index("gift")].split("_")[2]
OTHER = "fan_other"


def worded(kind: str, own: dict, typical: dict, speaker: str, event: str | None = "gift"):
    """The words for a theme, with one feature that alone moves the risk; what is not drawn is 1 for everyone, who are old."""
    row, reference = np.ones(len(NAMES)), np.ones(len(NAMES))
    row[NAMES.index("tenure_days")] = reference[NAMES.index("tenure_days")] = 400
    for values, into in ((typical, reference), (typical | own, row)):
        for name, value in values.items():
            into[NAMES.index(name)] = value
    themes = [
        t for t in themes_of(RECORDS, ("broadcast",)) if t.kind == kind and (kind != "event" or t.event_name == event)
    ]
    alone = np.zeros(len(NAMES))
    alone[NAMES.index(speaker)] = 0.1
    return words(themes[-1], Facts("creator", RECORDS, row, reference, len(RECORDS)), alone)


def test_a_fact_that_the_model_does_not_read_is_quoted_but_never_speaks():
    """Pruned away, the usual gap still tells what a silence is measured by; a pruned difference alone is no reason."""
    records = sorted(RECORDS, key=lambda record: record.name != "recency_days")
    names = [record.name for record in records]
    (silence,) = [t for t in themes_of(records, ("broadcast",)) if t.kind == "silence"]
    row, typical, alone = np.ones(len(names)), np.ones(len(names)), np.zeros(len(names))
    typical[0], alone[0] = 3, 0.1
    for values, recency, gap in ((row, 12, 2), (typical, 3, 4)):
        values[0], values[names.index("gap_mean_84d")] = recency, gap
    told = words(silence, Facts("creator", records, row, typical, 1), alone)
    assert told.text["ko"] == "마지막 활동 후 12일 – 평소 간격(2일)의 6배"
    row[0] = typical[0]
    assert words(silence, Facts("creator", records, row, typical, 1), alone) is None


def test_what_was_pruned_travels_as_facts_and_is_told_from_the_panel(world):
    _, _, panel, bundle = world
    assert bundle.facts
    assert {f.name for f in bundle.features}.isdisjoint(f.name for f in bundle.facts)
    told, values, typical = reasons._told(panel, bundle)
    assert len(told) == values.shape[1] == len(typical) == len(bundle.features) + len(bundle.facts)
    some = len(told) - 1
    assert (values[:, some] == panel.columns([told[some].name]).X[:, 0])[~np.isnan(values[:, some])].all()


@pytest.mark.parametrize(
    ("kind", "own", "typical", "speaker", "ko"),
    [
        ("silence", {"recency_days": 12, "gap_mean_84d": 2}, {"recency_days": 3}, "recency_days",
         "마지막 활동 후 12일 – 평소 간격(2일)의 6배"),
        ("silence", {"recency_days": 12, "gap_mean_84d": np.nan}, {"recency_days": 3}, "recency_days",
         "마지막 활동 후 12일 (일반적으로 3일)"),
        ("silence", {"recency_days": 2, "gap_mean_84d": 3.5}, {"recency_days": 3}, "recency_days",
         "마지막 활동 후 2일 – 평소 간격(3.5일) 이내"),
        ("silence", {"recency_days": 0, "gap_mean_84d": 3.5}, {"recency_days": 3}, "recency_days", "기준일 당일에도 활동함"),
        ("activity", {"active_days_28d": 2, "active_days_84d": 22}, {"active_days_28d": 8}, "active_days_28d",
         "최근 28일 활동일 2일 – 그 전 56일은 28일당 10일"),
        ("activity", {"active_days_28d": 2, "active_days_84d": 6}, {"active_days_28d": 8}, "active_days_28d",
         "최근 28일 중 활동일 2일 (일반적으로 8일)"),
        ("activity", {"active_days_28d": 12, "active_days_84d": 22}, {"active_days_28d": 8}, "active_days_28d",
         "최근 28일 활동일 12일 – 그 전 56일의 28일당 5일보다 늘어남"),
        ("activity", {"streak_weeks": 1}, {"streak_weeks": 6}, "streak_weeks",
         "활동량과 리듬 – 연속 활동 주 수: 1주 (일반적으로 6주)"),
        ("activity", {"events_per_active_day_28d": 1}, {"events_per_active_day_28d": 2}, "events_per_active_day_28d",
         "활동량과 리듬 – 활동일당 활동 건수(28일): 1회 (일반적으로 2회)"),
        ("activity", {"events_any_28d": 19}, {"events_any_28d": 86}, "events_any_28d",
         "활동량과 리듬 – 최근 28일 본인·팬의 모든 이벤트 수: 19회 (일반적으로 86회)"),
        ("rooms", {"fan_concentration_84d": 0.9}, {"fan_concentration_84d": 0.21}, "fan_concentration_84d",
         "팬·방 구성 – 소수 팬에게 활동이 몰린 정도(84일, 1이면 한 명뿐): 0.9 (일반적으로 0.21)"),
        ("event", {f"{GIFT}_n_7d": 0, f"{GIFT}_n_28d": 6}, {f"{GIFT}_n_7d": 3}, f"{GIFT}_n_7d",
         "팬 'gift' – 최근 7일간 없음 (그 전 21일은 주 2회)"),
        ("event", {f"{GIFT}_n_28d": 4, f"{GIFT}_n_84d": 24}, {f"{GIFT}_n_28d": 9}, f"{GIFT}_n_28d",
         "팬 'gift' – 최근 28일 주 1회, 그 전 56일의 주 2.5회보다 줄어듦"),
        ("event", {f"{GIFT}_n_28d": 16, f"{GIFT}_n_84d": 24}, {f"{GIFT}_n_28d": 9}, f"{GIFT}_n_28d",
         "팬 'gift' – 최근 28일 주 4회, 그 전 56일의 주 1회보다 늘어남"),
        ("event", {f"{GIFT}_n_84d": 90}, {f"{GIFT}_n_84d": 12}, f"{GIFT}_n_84d", "팬 'gift' – 최근 84일 90회 (일반적으로 12회)"),
        ("event", {f"{GIFT}_n_84d": 0}, {f"{GIFT}_n_84d": 12}, f"{GIFT}_n_84d", "팬 'gift' – 최근 84일간 없음 (일반적으로 12회)"),
        ("event", {f"{GIFT}_days_84d": 9}, {f"{GIFT}_days_84d": 3}, f"{GIFT}_days_84d",
         "팬 'gift' – 최근 84일 중 9일 (일반적으로 3일)"),
        ("event", {f"{GIFT}_recency_days": 40}, {f"{GIFT}_recency_days": 3}, f"{GIFT}_recency_days",
         "마지막 팬의 'gift' 후 일수: 40일 (일반적으로 3일)"),
        ("amount", {"revenue_amount_28d": 0, "revenue_amount_84d": 9000}, {"revenue_amount_28d": 2000}, "revenue_amount_28d",
         "최근 28일간 후원 없음 (그 전 56일은 28일당 4,500)"),
        ("amount", {"revenue_amount_28d": 1000, "revenue_amount_84d": 9000}, {"revenue_amount_28d": 2000},
         "revenue_amount_28d", "최근 28일 후원 1,000 – 그 전 56일의 28일당 4,000보다 줄어듦"),
        ("amount", {"revenue_amount_28d": 5000, "revenue_amount_84d": 9000}, {"revenue_amount_28d": 2000},
         "revenue_amount_28d", "최근 28일 후원 5,000 – 그 전 56일의 28일당 2,000보다 늘어남"),
        ("rooms", {"fans_lost_28d": 31, "fans_gained_28d": 2, "fans_28d": 10}, {"fans_lost_28d": 4}, "fans_lost_28d",
         "조용해진 팬 31명, 새로 온 팬 2명 (최근 28일, 활동 팬 10명)"),
        ("rooms", {"fans_28d": 3}, {"fans_28d": 40}, "fans_28d", "최근 28일 활동 팬 3명 (일반적으로 40명)"),
        ("rooms", {"top_fan_share_28d": 0.8}, {"top_fan_share_28d": 0.25}, "top_fan_share_28d",
         "팬·방 구성 – 가장 활발한 팬의 활동 비중(28일): 80% (일반적으로 25%)"),
        ("weekday", {"weekend_share_84d": np.nan}, {"weekend_share_84d": 0.5}, "weekend_share_84d",
         "요일 습관 – 활동일 중 주말 비율: 아직 알 수 없음 (일반적으로 50%)"),
        ("tenure", {"tenure_days": 1400}, {"tenure_days": 90}, "tenure_days",
         "이용 기간 – 첫 이벤트 후 일수: 1,400일 (일반적으로 90일)"),
    ],
)  # fmt: skip
def test_facts_in_korean(kind, own, typical, speaker, ko):
    found = worded(kind, own, typical, speaker)
    assert found.text["ko"] == ko
    assert not any("가" <= char <= "힣" for char in found.text["en"])


DOWN_84 = {"active_days_28d": 2, "active_days_84d": 22}
UP_84 = {f"{GIFT}_n_28d": 16, f"{GIFT}_n_84d": 24}
STOPPED_28 = {f"{GIFT}_n_7d": 0, f"{GIFT}_n_28d": 6}
LESS_84 = {"revenue_amount_28d": 1000, "revenue_amount_84d": 9000}


@pytest.mark.parametrize(
    ("kind", "own", "typical", "speaker", "days", "code", "newcomers_code"),
    [
        ("activity", DOWN_84, {"active_days_28d": 8}, "active_days_28d", 84, "active_days_down", "active_days"),
        ("event", UP_84, {f"{GIFT}_n_28d": 9}, f"{GIFT}_n_28d", 84, "event_up", "event_level"),
        ("event", STOPPED_28, {f"{GIFT}_n_7d": 3}, f"{GIFT}_n_7d", 28, "event_stopped", "event_none"),
        ("event", STOPPED_28 | {f"{GIFT}_recency_days": 20}, {f"{GIFT}_recency_days": 3}, f"{GIFT}_recency_days", 28,
         "event_stopped", "feature"),
        ("amount", LESS_84, {"revenue_amount_28d": 2000}, "revenue_amount_28d", 84, "amount_down", "feature"),
    ],
)  # fmt: skip
def test_a_newcomer_is_not_compared_with_days_before_it_came(kind, own, typical, speaker, days, code, newcomers_code):
    """The first event ``days`` − 1 days ago: there on the whole of the last ``days`` days, and not a day longer."""
    assert worded(kind, own | {"tenure_days": days - 1}, typical, speaker).code == f"reason.{code}"
    assert worded(kind, own | {"tenure_days": days - 2}, typical, speaker).code == f"reason.{newcomers_code}"


def test_what_never_happened_within_84_days_is_not_told_as_84_days_ago():
    recency, count = f"{GIFT}_recency_days", f"{GIFT}_n_84d"
    never = {recency: 84, f"{GIFT}_n_7d": 0, f"{GIFT}_n_28d": 0, count: 0}
    found = worded("event", never, {recency: 3, count: 12}, recency)
    assert found.text["ko"] == "팬 'gift' – 최근 84일간 없음 (일반적으로 12회)"
    often = worded("event", {recency: 2, count: 5}, {recency: 84, count: 0}, recency)
    assert often.text["ko"] == "팬 'gift' – 최근 84일 5회 (일반적으로 0회)"
    silent = worded("silence", {"recency_days": 84}, {"recency_days": 3, "active_days_84d": 20}, "recency_days")
    assert silent.text["ko"] == "최근 84일 중 활동일 0일 (일반적으로 20일)"
    tenth = worded(
        "activity", {"recency_10th_days": 84, "active_share_84d": 0.1}, {"recency_10th_days": 30}, "recency_10th_days"
    )
    assert tenth.text["ko"] == "활동량과 리듬 – 재적 기간 중 활동일 비율(최대 84일): 10% (일반적으로 100%)"


def test_a_ratio_that_nobody_could_find_again_is_not_told():
    """Trends of counts add one above and below: 2 events after none would read as three times as many."""
    trend, count = f"{GIFT}_trend_28d", f"{GIFT}_n_28d"
    own = {f"{GIFT}_n_7d": 0, count: 2, f"{GIFT}_n_84d": 2, trend: 3}
    typical = {f"{GIFT}_n_7d": 0, count: 0, f"{GIFT}_n_84d": 2}
    assert worded("event", own, typical, trend).text["en"] == "fans' 'gift', 28 days: 2 (typically 0)"
    assert worded("event", {trend: 3}, {}, trend) is None


def test_the_sentence_is_about_the_feature_that_moves_the_risk():
    """More of it over months raises the risk although last week had none: the sentence must not say 'none'."""
    own = {f"{GIFT}_n_7d": 0, f"{GIFT}_n_28d": 20, f"{GIFT}_n_84d": 90}
    typical = {f"{GIFT}_n_7d": 1, f"{GIFT}_n_28d": 4, f"{GIFT}_n_84d": 12}
    assert worded("event", own, typical, f"{GIFT}_n_84d").facts["value"] == 90
    assert worded("event", own, typical, f"{GIFT}_n_7d").code == "reason.event_stopped"


def test_names_past_the_first_200_speak_as_other_events():
    found = worded("event", {f"{OTHER}_n_84d": 90}, {f"{OTHER}_n_84d": 12}, f"{OTHER}_n_84d", event=None)
    assert found.text["ko"] == "팬 기타 이벤트 – 최근 84일 90회 (일반적으로 12회)"
    assert found.facts["event_name"] is None


def test_typical_facts_have_no_words():
    assert worded("tenure", {}, {"tenure_days": 90}, "tenure_days") is None


# --- contributions


def test_contributions_rank_what_moves_the_risk(world):
    _, _, panel, bundle = world
    themes = themes_of(bundle.features, bundle.churn.activity)
    X = panel.columns(bundle.feature_names).X
    found = contributions(bundle.model, X, themes, horizon=14, max_rows=100)
    assert found.n_rows == 100
    assert {c.theme for c in found.themes} == {theme.key for theme in themes}
    sizes = [c.mean_abs_effect for c in found.themes]
    assert sizes == sorted(sizes, reverse=True)
    assert all(abs(c.mean_effect) <= c.mean_abs_effect + 1e-12 for c in found.themes)
    assert -1 <= found.rank_correlation <= 1
    assert 0 <= found.top_overlap <= 1
    assert 0 < found.row_overlap <= 1
    assert found.overlap_by_chance == overlap_by_chance(len(themes))
    assert found == contributions(bundle.model, X, themes, horizon=14, max_rows=100), (
        "the same seed draws the same rows"
    )


def test_a_theme_the_model_cannot_see_contributes_nothing(world):
    bundle = world[3]
    X = np.tile(bundle.model.reference, (10, 1))
    assert (effects(bundle.model, X, [(0, 1, 2), ()], 14) == 0).all()


def test_one_seed_has_nobody_to_agree_with(churn_model, panel):
    found = contributions(churn_model, panel.X, themes_of(panel.features, ()), horizon=14, max_rows=20)
    assert found.rank_correlation is None
    assert found.top_overlap is None
    assert found.row_overlap is None


def test_overlap_is_counted_row_by_row():
    """Worked out by hand: row 0 shares four of five (4/6), row 1 all; the mean is 5/6, whatever the sizes are."""
    a = np.array([[9, 8, 7, 6, 5, 0.0], [1, 2, 3, 4, 5, 0.0]])
    b = np.array([[9, 8, 7, 6, 0.0, 5], [5, 4, 3, 2, 1, 0.5]])
    assert top_overlap(a, b) == pytest.approx((4 / 6 + 1) / 2)
    assert top_overlap(a, 100 * a) == 1.0


@pytest.mark.parametrize("n_themes", [1, 4, 6, 9, 30])
def test_overlap_by_chance_is_what_unrelated_rankings_show(n_themes):
    random = np.random.default_rng(n_themes)
    a, b = random.random((4_000, n_themes)), random.random((4_000, n_themes))
    assert top_overlap(a, b) == pytest.approx(overlap_by_chance(n_themes), abs=0.01)


def test_contributions_survive_the_bundle(world, tmp_path):
    from fancare.churn import bundle as bundles

    _, _, panel, bundle = world
    found = contributions(
        bundle.model, panel.columns(bundle.feature_names).X, themes_of(bundle.features, ()), 14, max_rows=30
    )
    replace(bundle, contributions=found).write(tmp_path / "b")
    assert bundles.read(tmp_path / "b").contributions == found
