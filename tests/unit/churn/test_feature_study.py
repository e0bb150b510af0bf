import json
from dataclasses import replace

import numpy as np
import pytest

from fancare.churn import feature_study
from fancare.errors import NotEnoughHistory
from fancare.modelspec import BacktestSpec, PruneSpec
from tests.drawn_panel import SMALL_MODEL, drawn_panel, drawn_timeline

SPEC = replace(SMALL_MODEL, prune=PruneSpec(max_features=2), backtest=BacktestSpec(folds=2, test_weeks=2, bootstrap=20))


@pytest.fixture(scope="module")
def study():
    return feature_study.compare(drawn_panel(n_entities=40, weeks=22, extra=6), drawn_timeline(22), SPEC)


def test_three_sets_are_compared_on_the_same_rows(study):
    assert [v.name for v in study.variants] == ["all", "kept", "half"]
    assert [v.n_features for v in study.variants] == [7, pytest.approx(1.5, abs=0.5), 1]
    assert study.n_test == 40 * 4
    assert all(v.cpu_seconds > 0 for v in study.variants)


def test_differences_are_paired_with_the_wide_set(study):
    wide, kept, _ = study.variants
    assert (wide.minus_all.estimate, wide.minus_all.low, wide.minus_all.high) == (0, 0, 0)
    assert kept.minus_all.estimate == pytest.approx(kept.auc.estimate - wide.auc.estimate)
    assert kept.minus_all.low <= kept.minus_all.estimate <= kept.minus_all.high


def test_the_overlap_of_what_consecutive_origins_kept_is_told(study):
    assert len(study.overlaps) == 1
    assert 0 < study.overlaps[0] <= 1
    assert study.weeks == 2
    assert set(study.to_dict()["variants"]) == {"all", "kept", "half"}


def test_too_short_a_history_is_told_as_by_a_backtest():
    panel = drawn_panel(n_entities=10, weeks=22)
    unlabelled = replace(panel, churned=np.full_like(panel.churned, np.nan))
    with pytest.raises(NotEnoughHistory, match="has a label that ends by"):
        feature_study.compare(unlabelled, drawn_timeline(22), SPEC)


def test_a_fold_that_cannot_train_is_left_out_as_by_a_backtest():
    panel, line = drawn_panel(n_entities=40, weeks=22), drawn_timeline(22)
    first, _ = line.folds(2, 2, SPEC.train.calibration_weeks)
    churned = panel.churned.copy()
    early = panel.as_of < np.datetime64(first.split.cut)
    churned[early] = np.where(np.isnan(churned[early]), np.nan, 1)
    study = feature_study.compare(replace(panel, churned=churned), line, SPEC)
    assert study.n_test == 40 * 2
    assert study.overlaps == ()
    json.dumps(study.to_dict(), allow_nan=False)

