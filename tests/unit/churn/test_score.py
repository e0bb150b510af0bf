"""Scores are written whole or not at all; what is written keeps the contract of `risk_scores`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from fancare.churn.promotion import Verdict
from fancare.churn.registry import LoadedBundle, Registry
from fancare.churn.score import bands_of, check_risks, ranks_of, score
from fancare.churn.scoring import score_day
from fancare.errors import Refused
from fancare.modelspec import BandSpec
from fancare.progress import Progress
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import risk_scores_table
from tests.drawn_model import ORIGIN, drawn_bundle, drawn_config
from tests.drawn_panel import HORIZONS, drawn_panel

NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)
PASSED = Verdict(True, "gate.passed", {"gain": 0.1})
MUTE = Verdict(False, "gate.no_backtest")


@pytest.fixture
def today(panel):
    return panel.rows(panel.as_of == panel.as_of.max())


@pytest.fixture
def loaded(churn_model, tmp_path):
    bundle = drawn_bundle(churn_model)
    return LoadedBundle(bundle, bundle.version, tmp_path, PASSED)


@pytest.fixture
def warehouse():
    with Warehouse.in_memory() as opened:
        yield opened


def day_of(panel) -> date:
    return panel.as_of[0].item()


def run(warehouse, panel, loaded, **config):
    return score(warehouse, drawn_config(**config), panel, loaded, data_through=ORIGIN, scored_at=NOW)


def stored(warehouse):
    return warehouse.rows("SELECT * FROM risk_scores ORDER BY as_of, creator_id, fan_id")


def with_calibration(loaded, shifts=None, slopes=None):
    """The same model with its calibration bent: how a wrong model gives wrong scores for real."""
    model = loaded.bundle.model
    bent = replace(
        model.calibration, shifts=shifts or model.calibration.shifts, slopes=slopes or model.calibration.slopes
    )
    return replace(loaded, bundle=replace(loaded.bundle, model=replace(model, calibration=bent)))


def test_every_row_is_scored_with_the_models_risks(warehouse, today, loaded):
    report = run(warehouse, today, loaded)
    assert report.n_rows == len(today) == sum(report.n_in_band.values())
    columns = ", ".join(f"risk_{h}d" for h in HORIZONS)
    rows = warehouse.rows(f"SELECT creator_id, {columns} FROM risk_scores ORDER BY creator_id")
    assert [row[0] for row in rows] == list(today.creator_id)
    assert np.array_equal(np.array([row[1:] for row in rows]), loaded.bundle.model.risks_of(today))


def test_the_table_keeps_its_contract(warehouse, today, loaded):
    run(warehouse, today, loaded)
    table = risk_scores_table(HORIZONS)
    assert warehouse.columns_of("risk_scores") == table.column_names
    row = dict(zip(table.column_names, stored(warehouse)[0], strict=True))
    assert row["entity"] == "creator"
    assert row["fan_id"] is None
    assert (row["as_of"], row["data_through"]) == (day_of(today), day_of(today))
    assert (row["model_name"], row["model_version"]) == ("drawn", loaded.version)
    assert row["spec_hash"] == drawn_config().spec_hash
    assert row["scored_at"] == datetime(2026, 7, 1, 9)
    assert sorted(row[0] for row in warehouse.rows("SELECT rank FROM risk_scores")) == list(range(1, len(today) + 1))


def test_ranks_follow_the_risk_of_the_bands_horizon(warehouse, today, loaded):
    run(warehouse, today, loaded)
    risks = [row[0] for row in warehouse.rows("SELECT risk_14d FROM risk_scores ORDER BY rank")]
    assert risks == sorted(risks, reverse=True)


def test_a_champion_that_cannot_say_gives_no_bands_and_no_ranks(warehouse, today, loaded):
    report = run(warehouse, today, replace(loaded, verdict=MUTE))
    assert warehouse.rows("SELECT DISTINCT band, rank FROM risk_scores") == [("unknown", None)]
    assert warehouse.value("SELECT COUNT(DISTINCT risk_14d) FROM risk_scores") > 1, "risks are still given"
    assert report.lines()[-1] == "cannot say: it has no backtest"
    assert report.lines("ko")[-1] == "판단 불가: 백테스트 결과가 없음"


def test_scoring_again_replaces_the_day_and_no_other(warehouse, panel, today, loaded):
    before = panel.rows(panel.as_of == np.unique(panel.as_of)[-2])
    run(warehouse, before, loaded)
    run(warehouse, today, loaded)
    run(warehouse, today.rows(np.arange(5)), loaded)
    assert warehouse.rows("SELECT as_of, COUNT(*) FROM risk_scores GROUP BY as_of ORDER BY as_of") == [
        (day_of(before), len(before)),
        (day_of(today), 5),
    ]


def test_room_and_fan_ids_go_where_they_belong(warehouse, churn_model):
    rooms = drawn_panel(entity="room")
    rooms = rooms.rows(rooms.as_of == rooms.as_of.max())
    config = replace(drawn_config(entity="room"), model=replace(drawn_config().model, entity="room"))
    bundle = drawn_bundle(churn_model, rooms, config)
    score(warehouse, config, rooms, LoadedBundle(bundle, bundle.version, None, PASSED), day_of(rooms), NOW)
    pairs = warehouse.rows("SELECT creator_id, fan_id FROM risk_scores ORDER BY fan_id")
    assert pairs == list(zip(rooms.creator_id, rooms.fan_id, strict=True))


def test_two_rooms_are_two_whatever_slashes_their_ids_hold(warehouse, churn_model):
    rooms = drawn_panel(entity="room")
    rooms = rooms.rows(rooms.as_of == rooms.as_of.max()).rows(np.arange(2))
    config = replace(drawn_config(entity="room"), model=replace(drawn_config().model, entity="room"))
    bundle = drawn_bundle(churn_model, rooms, config)
    loaded = LoadedBundle(bundle, bundle.version, None, PASSED)
    creators, fans = np.array(["a", "a/b"], dtype=object), np.array(["b/c", "c"], dtype=object)
    score(warehouse, config, replace(rooms, creator_id=creators, fan_id=fans), loaded, ORIGIN, NOW)
    assert warehouse.rows("SELECT creator_id, fan_id FROM risk_scores ORDER BY creator_id") == [
        ("a", "b/c"),
        ("a/b", "c"),
    ]
    with pytest.raises(Refused, match="holds 1 of its 2 rooms more than once"):
        score(warehouse, config, replace(rooms, creator_id=creators[[0, 0]], fan_id=fans[[0, 0]]), loaded, ORIGIN, NOW)


def test_one_entity_alone_can_be_scored(warehouse, today, loaded):
    assert run(warehouse, today.rows(np.array([0])), loaded).n_rows == 1


def test_a_day_without_a_champion_says_whether_there_is_one_to_promote(warehouse, loaded, tmp_path):
    config = drawn_config(tmp_path)
    with pytest.raises(Refused, match=r"no model made on or before .*; train one with `fancare train`"):
        score_day(warehouse, config, ORIGIN, NOW, Progress())
    Registry.of(config).register(loaded.bundle)
    with pytest.raises(
        Refused, match=rf"only versions that were never promoted, .* {loaded.version}; .*`fancare promote`"
    ):
        score_day(warehouse, config, ORIGIN, NOW, Progress())
    with pytest.raises(Refused, match="no model made on or before"):
        score_day(warehouse, config, ORIGIN - timedelta(1), NOW, Progress())


# --- columns are found by name


def test_columns_in_another_order_give_the_same_scores(warehouse, today, loaded):
    run(warehouse, today, loaded)
    expected = stored(warehouse)
    shuffled = today.columns(today.feature_names[::-1])
    assert not np.array_equal(shuffled.X, today.X, equal_nan=True)
    run(warehouse, shuffled, loaded)
    assert stored(warehouse) == expected


def renamed(panel):
    return replace(panel, features=(replace(panel.features[0], name="recency_day"), *panel.features[1:]))


def remeant(panel):
    """Two columns have swapped meanings behind their names: one speaks of another event now."""
    return replace(panel, features=(replace(panel.features[0], event_name="gift"), *panel.features[1:]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (renamed, "The panel lacks the feature 'recency_days' of the champion"),
        (lambda p: p.columns(p.feature_names[1:]), "The panel lacks the feature 'recency_days' of the champion"),
        (remeant, r"The feature 'recency_days' is \(.*'gift'.*\) in the panel, the champion"),
        (lambda p: replace(p, X=p.X[:, 1:]), "needed is float32 with 4 columns"),
        (lambda p: replace(p, X=p.X.astype(np.float64)), "features are float64"),
        (lambda p: replace(p, entity="fan"), "scores creators over .* days, asked were fans"),
        (lambda p: p.rows(np.array([0, 1, 2, 1])), "holds 1 of its 4 creators more than once"),
        (lambda p: p.rows(np.arange(0)), "holds 0 days, needed is one with at least one entity"),
    ],
)
def test_another_panel_is_refused_and_the_last_good_scores_stay(warehouse, today, loaded, change, message):
    run(warehouse, today, loaded)
    expected = stored(warehouse)
    with pytest.raises(Refused, match=message):
        run(warehouse, change(today), loaded)
    assert stored(warehouse) == expected


def test_two_days_at_once_are_refused(warehouse, panel, loaded):
    with pytest.raises(Refused, match="The panel to score holds 16 days"):
        run(warehouse, panel, loaded)


def test_another_definition_of_churn_is_refused(warehouse, today, loaded):
    with pytest.raises(Refused, match="was trained on another definition of churn"):
        run(warehouse, today, loaded, active_within_days=14)


def test_other_horizons_are_refused(warehouse, today, loaded):
    with pytest.raises(Refused, match=r"over \[7, 14, 28\] days, asked were creators over \[7, 14\]"):
        run(warehouse, today, loaded, horizons=(7, 14))


# --- risks that cannot be right


@pytest.mark.parametrize(
    ("bend", "message"),
    [
        (
            {"shifts": (float("nan"), 0.0, 0.0)},
            "No scores were written: 40 of 40 rows have no number for a risk; the last",
        ),
        (
            {"slopes": (0.0, 0.0, 0.0)},
            "No scores were written: all 40 rows have the same risk; the last good ones stay",
        ),
    ],
)
def test_wrong_risks_are_refused_and_the_last_good_scores_stay(warehouse, today, loaded, bend, message):
    run(warehouse, today, loaded)
    expected = stored(warehouse)
    with pytest.raises(Refused, match=message) as error:
        run(warehouse, today, with_calibration(loaded, **bend))
    assert error.value.exit_code == 13
    assert stored(warehouse) == expected


@pytest.mark.parametrize(
    ("risks", "message"),
    [
        ([[0.5, 0.4, np.nan], [0.5, 0.4, 0.3]], "1 of 2 rows have no number"),
        ([[0.5, 0.4, np.inf], [0.5, 0.4, 0.3]], "1 of 2 rows have no number"),
        ([[1.1, 0.4, 0.3], [0.5, 0.4, 0.3]], "risks run from 0.3 to 1.1, outside of 0 to 1"),
        ([[0.5, 0.4, -0.1], [0.5, 0.4, 0.3]], "risks run from -0.1 to 0.5"),
        ([[0.4, 0.5, 0.3], [0.5, 0.4, 0.3]], "1 of 2 rows have a risk that rises with the horizon"),
        ([[0.5, 0.4, 0.3], [0.5, 0.4, 0.3]], "all 2 rows have the same risk"),
    ],
)
def test_risks_that_cannot_be_right(risks, message):
    with pytest.raises(Refused, match=message):
        check_risks(np.array(risks), HORIZONS)


@pytest.mark.parametrize("risks", [[[0.5, 0.5, 0.5]], [[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]])
def test_unusual_risks_that_are_right(risks):
    check_risks(np.array(risks), HORIZONS)


def test_thresholds_belong_to_the_higher_band():
    spec = BandSpec(high=0.6, medium=0.3)
    assert bands_of(np.array([1.0, 0.6, np.nextafter(0.6, 0), 0.3, np.nextafter(0.3, 0), 0.0]), spec).tolist() == [
        "high", "high", "medium", "medium", "low", "low",
    ]  # fmt: skip


def test_ties_go_to_the_longest_horizon_then_to_the_id(today):
    panel = replace(today.rows(np.arange(4)), creator_id=np.array(["d", "b", "c", "a"], dtype=object))
    risks = np.array([[0.9, 0.5, 0.2], [0.6, 0.5, 0.2], [0.6, 0.5, 0.3], [0.99, 0.4, 0.4]])
    #  c: 0.5 and the higher 28-day risk; then d before b by the 7-day risk; a has the lowest 14-day risk
    assert dict(zip(panel.creator_id, ranks_of(panel, risks, 1).tolist(), strict=True)) == {
        "c": 1,
        "d": 2,
        "b": 3,
        "a": 4,
    }
    same = np.tile([0.6, 0.5, 0.2], (4, 1))
    assert dict(zip(panel.creator_id, ranks_of(panel, same, 1).tolist(), strict=True)) == {
        "a": 1,
        "b": 2,
        "c": 3,
        "d": 4,
    }
