"""Does the recent slice mend the level under drift? ECE in the backtest's test weeks: raw, calibrated once, calibrated daily."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import numpy as np
import pytest

from fancare.churn.calibration import ChainCalibration
from fancare.churn.metrics import Figures, ece_by_chance
from fancare.churn.model import fit_at_origin
from fancare.churn.recalibration import DailyCalibration
from tests.benchmarks.final_quarter import built, rows_of
from tests.command import FANCARE

pytestmark = [pytest.mark.benchmark, pytest.mark.filterwarnings("ignore")]

CREATORS, AT_MOST_OF_RAW = 2400, 0.5


def test_recent_slices_mend_the_level(tmp_path, capsys):
    config = tmp_path / "p" / "fancare.toml"
    for words in (["simulate", tmp_path / "p", "--world", "drifting", "--seed", "11", "--creators", CREATORS],
                  ["features", "--config", config]):  # fmt: skip
        subprocess.run([FANCARE, *map(str, words), "-q"], check=True, capture_output=True)
    panel, timeline, spec = built(config)
    weeks = spec.train.calibration_weeks
    risks: dict[str, list[np.ndarray]] = {"raw": [], "calibrated at the origin": [], "calibrated daily, as served": []}
    tested = []
    for fold in timeline.folds(spec.backtest.folds, spec.backtest.test_weeks, weeks):
        index, model = rows_of(panel, fold), fit_at_origin(panel, fold.split, spec, threads=1)
        raw = replace(model, calibration=ChainCalibration.none(len(panel.horizons)))
        daily = DailyCalibration(model, panel, timeline, weeks).risks_of(panel, index)
        for parts, risk in zip(
            risks.values(), (raw.risks_of(panel, index), model.risks_of(panel, index), daily), strict=True
        ):
            parts.append(risk)
        tested.append(index)
    outcome, mean = panel.churned[np.concatenate(tested)], {}
    with capsys.disabled():
        print()
        for name, parts in risks.items():
            figures = [Figures.of(outcome[:, k], np.concatenate(parts)[:, k]) for k in range(outcome.shape[1])]
            mean[name] = float(np.mean([f.ece for f in figures]))
            told = " / ".join(f"{f.ece:.3f} ({ece_by_chance(f.brier, f.n):.3f})" for f in figures)
            print(f"{name}: ECE at {panel.horizons} days, by chance alone in brackets: {told}")
    assert mean["calibrated daily, as served"] <= AT_MOST_OF_RAW * mean["raw"]
