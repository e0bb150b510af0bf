"""The audit lists the rows on which model and label disagree most, and finds labels that were planted wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fancare.churn import backtest, backtest_result
from fancare.churn.label_audit import disagreements
from fancare.modelspec import BacktestSpec
from tests.drawn_panel import SMALL, SMALL_MODEL, drawn_panel, drawn_timeline

PANEL = drawn_panel(n_entities=40, weeks=20)
MATURE = np.flatnonzero(~np.isnan(PANEL.churned[:, 1]))


def said(risk: np.ndarray, index: np.ndarray = MATURE) -> backtest_result.Tested:
    return backtest_result.Tested(index, np.tile(risk[:, None], (1, 3)))


def sure(panel=PANEL, index: np.ndarray = MATURE, of: float = 0.9) -> np.ndarray:
    """Risks that are right about every label, at ``of``."""
    return np.where(panel.churned[index, 1] == 1, of, 1 - of)


def test_a_model_that_is_right_about_all_leaves_nothing_to_look_at():
    found = disagreements(PANEL, said(sure()), 14)
    assert found.rows == ()
    assert (found.n_came_back, found.n_left, found.share_of_loss) == (0, 0, 0)
    assert found.total_loss == pytest.approx(-np.log(0.9) * len(MATURE))


def test_labels_planted_wrong_in_a_learnt_world_are_at_the_top():
    """Of 120 entities with a strong signal some that were sure to stay are called churned, and some the other way."""
    line, panel = drawn_timeline(22), drawn_panel(n_entities=120, weeks=22, signal=8.0)
    spec = replace(
        SMALL_MODEL,
        tabnet=replace(SMALL, epochs=8, min_updates=80, batch_size=128),
        backtest=BacktestSpec(folds=1, test_weeks=2, bootstrap=2),
    )
    (fold,) = line.folds(1, 2, 2)
    in_test = np.isin(panel.as_of, np.array(fold.test_as_ofs, dtype="datetime64[D]"))
    recency = panel.X[:, 0]
    stayers = np.flatnonzero(in_test & (recency <= 3) & (panel.churned[:, 1] == 0))[:6]
    leavers = np.flatnonzero(in_test & (recency >= 24) & (panel.churned[:, 1] == 1))[:6]
    assert (len(stayers), len(leavers)) == (6, 6)
    wrong = replace(panel, churned=panel.churned.copy(), days_until_return=panel.days_until_return.copy())
    wrong.churned[stayers], wrong.days_until_return[stayers] = 1, np.nan
    wrong.churned[leavers], wrong.days_until_return[leavers] = 0, 3
    result = backtest.run(wrong, line, spec)
    found = disagreements(wrong, result.tested, 14, most=24)
    planted = {(panel.creator_id[i], panel.as_of[i].item()) for i in (*stayers, *leavers)}
    listed = [(row.creator_id, row.as_of) for row in found.rows]
    assert len(planted & set(listed)) >= 11
    of_kind = {
        kind: [i for i, row in zip(listed, found.rows, strict=True) if row.kind == kind]
        for kind in ("left", "came_back")
    }
    assert len(planted & set(of_kind["left"][:7])) >= 5
    assert len(planted & set(of_kind["came_back"][:7])) >= 5
    assert found.share_of_loss > 3 * found.share_of_rows


def test_a_row_says_what_was_said_and_what_happened():
    risk = sure()
    left, back = np.flatnonzero(PANEL.churned[MATURE, 1] == 1)[3], np.flatnonzero(PANEL.churned[MATURE, 1] == 0)[5]
    risk[left], risk[back] = 0.02, 0.97
    days = PANEL.days_until_return.copy()
    days[MATURE[left]] = np.nan
    found = disagreements(replace(PANEL, days_until_return=days), said(risk), 14)
    one, other = found.rows
    assert (one.id, one.as_of) == (PANEL.creator_id[MATURE[left]], PANEL.as_of[MATURE[left]].item())
    assert (one.kind, one.risk, one.days_until_return) == ("left", 0.02, None)
    assert one.loss == pytest.approx(-np.log(0.02))
    assert (other.kind, other.risk) == ("came_back", 0.97)
    assert other.days_until_return == PANEL.days_until_return[MATURE[back]] <= 14
    assert other.loss == pytest.approx(-np.log(1 - 0.97))
    assert (found.n_left, found.n_came_back, found.n_tested) == (1, 1, len(MATURE))
    assert found.share_of_loss == pytest.approx((one.loss + other.loss) / found.total_loss)


def test_no_entity_fills_the_list_and_no_kind_either():
    risk = 1 - sure()  # wrong about all
    odd = PANEL.creator_id[MATURE] == "e007"
    risk[odd] = 1 - sure(of=0.999)[odd]
    found = disagreements(PANEL, said(risk), 14, most=10)
    assert len(found.rows) == 10
    assert [row.creator_id for row in found.rows].count("e007") == 2
    assert {row.creator_id for row in found.rows[:2]} == {"e007"}
    assert sum(row.kind == "left" for row in found.rows) == 5
    everyone = disagreements(PANEL, said(risk), 14, most=1000)
    assert len(everyone.rows) == 2 * 40
    assert [row.loss for row in everyone.rows] == sorted((row.loss for row in everyone.rows), reverse=True)


def test_what_one_kind_does_not_fill_the_other_may():
    risk = sure()
    stayed = np.flatnonzero(PANEL.churned[MATURE, 1] == 0)
    risk[stayed] = 0.8  # wrong about whoever came back, right about whoever left
    found = disagreements(PANEL, said(risk), 14, most=8)
    assert [row.kind for row in found.rows] == ["came_back"] * 8
    assert found.n_came_back == len(stayed)


def test_each_kind_has_as_many_controls_as_rows_with_the_same_label_that_cost_least():
    risk = sure()
    for label, wrong in ((1, 0.1), (0, 0.9)):
        risk[np.flatnonzero(PANEL.churned[MATURE, 1] == label)[: 4 + 2 * label]] = wrong
    surest = np.flatnonzero(PANEL.churned[MATURE, 1] == 1)[-6:]
    risk[surest] = 0.95
    found = disagreements(PANEL, said(risk, MATURE), 14, most=40, most_per_entity=9)
    assert [row.kind for row in found.controls] == ["left"] * 6 + ["came_back"] * 4
    assert {(row.creator_id, row.as_of) for row in found.controls[:6]} == {
        (PANEL.creator_id[i], PANEL.as_of[i].item()) for i in MATURE[surest]
    }
    assert not set(found.rows) & set(found.controls)
    backwards = disagreements(PANEL, said(risk[::-1], MATURE[::-1]), 14, most=40, most_per_entity=9)
    assert backwards.controls == found.controls  # equal ones are drawn by id and day, not by place


def test_where_no_risk_is_high_the_leavers_with_the_highest_are_the_controls():
    """Ordinary churn: everybody's risk is below a half, so every leaver is against the model."""
    left = PANEL.churned[MATURE, 1] == 1
    risk = np.where(left, np.random.default_rng(0).uniform(0.01, 0.4, len(MATURE)), 0.05)
    found = disagreements(PANEL, said(risk), 14, most=24)
    assert [row.kind for row in found.rows] == ["left"] * 24
    assert [row.kind for row in found.controls] == ["left"] * 24
    assert min(row.risk for row in found.controls) > max(row.risk for row in found.rows)
    counts = [row.creator_id for row in found.controls]
    assert max(map(counts.count, counts)) <= 2


def test_what_costs_more_than_a_listed_row_is_no_control():
    """One creator's third row is as wrong as its two that are listed, and worse than another creator's."""
    left = np.flatnonzero(PANEL.churned[MATURE, 1] == 1)
    creators = PANEL.creator_id[MATURE]
    odd = next(name for name in creators[left] if np.sum(creators[left] == name) > 2)
    others = left[creators[left] != odd]
    stayed = np.flatnonzero(PANEL.churned[MATURE, 1] == 0)
    index = MATURE[np.concatenate([left[creators[left] == odd], others[:1], stayed])]
    risk = np.where(PANEL.churned[index, 1] == 1, np.where(PANEL.creator_id[index] == odd, 0.01, 0.3), 0.05)
    found = disagreements(PANEL, said(risk, index), 14)
    assert [row.risk for row in found.rows] == [0.01, 0.01, 0.3]
    assert found.n_left > 3
    assert found.controls == ()


def test_unripe_rows_are_no_disagreement_and_half_is_no_opinion():
    everything = np.arange(len(PANEL))
    found = disagreements(PANEL, said(np.full(len(PANEL), 0.5), everything), 14)
    assert found.rows == ()
    assert found.n_tested == len(MATURE) < len(PANEL)


def test_rooms_that_share_a_creator_are_different_entities():
    rooms = drawn_panel(n_entities=40, weeks=20, entity="room")
    index = np.flatnonzero(~np.isnan(rooms.churned[:, 1]))
    found = disagreements(rooms, said(1 - sure(rooms, index), index), 14, most=1000)
    counts: dict[tuple, int] = {}
    for row in found.rows:
        counts[row.creator_id, row.fan_id] = counts.get((row.creator_id, row.fan_id), 0) + 1
    assert max(counts.values()) == 2
    assert found.rows[0].id == f"{found.rows[0].creator_id}/{found.rows[0].fan_id}"


def test_a_horizon_that_is_not_there_is_an_error():
    with pytest.raises(ValueError, match="not in tuple"):
        disagreements(PANEL, said(sure()), 10)
