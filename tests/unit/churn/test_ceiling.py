from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fancare.churn import backtest
from fancare.churn.ceiling import Ceiling, Truth
from fancare.errors import ConfigError
from fancare.panel.gate import Panel
from tests.drawn_panel import HORIZONS, SMALL_MODEL, drawn_panel, drawn_timeline


def true_risks(panel: Panel, signal: float = 1.5) -> np.ndarray:
    """The law by which `drawn_panel` draws, (n, H)."""
    level = np.log1p(panel.X[:, 0]) - np.log1p(13)
    return (1 - 1 / (1 + np.exp(2.8 + signal * level)))[:, None] ** np.array(HORIZONS)


def written(path: Path, panel: Panel, risks: np.ndarray) -> Path:
    columns = {"creator_id": panel.creator_id.tolist(), "as_of": panel.as_of.astype(object).tolist()}
    columns |= {f"risk_{h}d": risks[:, k].astype(np.float32) for k, h in enumerate(HORIZONS)}
    pq.write_table(pa.table(columns).take(np.random.default_rng(0).permutation(len(panel))), path)
    return path


def test_a_truth_is_found_by_creator_and_day(tmp_path):
    panel = drawn_panel(n_entities=15, weeks=10)
    truth = Truth(written(tmp_path / "truth_risk.parquet", panel, true_risks(panel)), HORIZONS)
    some = np.array([140, 3, 77])
    assert truth.risks_of(panel, some) == pytest.approx(true_risks(panel)[some], abs=1e-6)


def test_the_backtest_says_what_share_of_the_ceiling_was_reached(tmp_path):
    panel = drawn_panel(n_entities=120, weeks=22)
    truth = Truth(written(tmp_path / "t.parquet", panel, true_risks(panel)), HORIZONS)
    result = backtest.run(panel, drawn_timeline(22), SMALL_MODEL, truth=truth)
    for h in HORIZONS:
        reached, best = result.horizons[h]["tabnet"].figures.auc, result.ceiling[h].auc.estimate
        assert best > reached - 0.01  # nobody knows better than the truth, but by luck
        assert result.ceiling[h].share.estimate == pytest.approx((reached - 0.5) / (best - 0.5))
        assert result.ceiling[h].share.low <= result.ceiling[h].share.estimate <= result.ceiling[h].share.high
    assert result.to_json_dict()["ceiling"]["14"]["auc"]["estimate"] == result.ceiling[14].auc.estimate
    assert any("of what there was to know" in sentence for sentence in result.sentences())


def test_where_there_is_nothing_to_know_no_share_is_given(tmp_path):
    panel = drawn_panel(n_entities=40, weeks=22, signal=0.0)
    truth = Truth(written(tmp_path / "t.parquet", panel, true_risks(panel, signal=0.0)), HORIZONS)
    result = backtest.run(panel, drawn_timeline(22), SMALL_MODEL, truth=truth)
    assert result.ceiling[7].auc.estimate == 0.5
    assert np.isnan(result.ceiling[7].share.estimate)
    assert not any("there was to know" in sentence for sentence in result.sentences())


def test_a_truth_that_is_not_shown_above_chance_leaves_nothing_to_reach():
    truth = np.random.default_rng(0).normal(0.51, 0.02, 200)
    found = Ceiling.of(0.51, truth, 0.505, truth - 0.005)
    assert found.auc.estimate == 0.51
    assert np.isnan([found.share.estimate, found.share.low, found.share.high]).all()


def test_a_share_is_paired_draw_by_draw():
    draws = np.linspace(0.7, 0.9, 50)
    found = Ceiling.of(0.8, draws, 0.65, 0.5 + (draws - 0.5) / 2)
    assert (found.share.estimate, found.share.low, found.share.high) == pytest.approx((0.5, 0.5, 0.5))


def test_what_is_no_truth_of_this_platform_is_refused(tmp_path):
    panel = drawn_panel(n_entities=5, weeks=4)
    (tmp_path / "no.parquet").write_text("no parquet")
    with pytest.raises(ConfigError, match="cannot be read"):
        Truth(tmp_path / "no.parquet", HORIZONS)
    path = written(tmp_path / "t.parquet", panel.rows(np.arange(10)), true_risks(panel)[:10])
    with pytest.raises(ConfigError, match="has no column 'risk_90d'"):
        Truth(path, (7, 90))
    with pytest.raises(ConfigError, match="says nothing about creator 'e000' on 2026-02-11"):
        Truth(path, HORIZONS).risks_of(panel, np.array([10]))
    with pytest.raises(ConfigError, match="entity is 'fan'"):
        Truth(path, HORIZONS, "fan")
