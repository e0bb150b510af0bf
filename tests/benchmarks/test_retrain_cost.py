"""CPU seconds of a whole retrain (pruning, teachers, all networks, calibration), and of reasons by the number of rows."""

from __future__ import annotations

import time
from statistics import median

import pytest

from fancare.churn.model import fit_at_origin
from fancare.churn.occlusion import effects
from fancare.modelspec import ModelSpec, PruneSpec, TrainSpec
from tests.benchmarks.large_panel import WEEKS, large_panel
from tests.drawn_panel import drawn_timeline

pytestmark = [pytest.mark.benchmark, pytest.mark.filterwarnings("ignore")]

ROWS, FEATURES, MOST_MINUTES = 100_000, 100, 5
GROUPS, ROUNDS = 30, 3


def test_a_retrain(capsys):
    panel = large_panel(2 * ROWS, FEATURES)  # half of the weeks' labels are too young to train
    line = drawn_timeline(WEEKS)
    split = line.split_at(line.data_through, 3)
    with capsys.disabled():
        print()
        for name, most in (("all features kept", 0), ("pruned to 80", PruneSpec.max_features)):
            spec = ModelSpec("large", "creator", train=TrainSpec(max_rows=ROWS), prune=PruneSpec(max_features=most))
            started = time.process_time()
            model = fit_at_origin(panel, split, spec, threads=1)
            spent = time.process_time() - started
            print(f"retrain on {model.n_rows:,} rows × {len(model.feature_names)}, {name}: {spent / 60:.2f} CPU min")
            assert model.n_rows >= 0.9 * ROWS
            assert spent <= 60 * MOST_MINUTES


def test_reasons_cost_the_same_a_row(capsys):
    panel = large_panel(20_000, FEATURES)
    line = drawn_timeline(WEEKS)
    spec = ModelSpec("large", "creator", train=TrainSpec(max_rows=5_000), prune=PruneSpec(max_features=0))
    model = fit_at_origin(panel, line.split_at(line.data_through, 3), spec, threads=1)
    groups = [tuple(range(g, FEATURES, GROUPS)) for g in range(GROUPS)]
    counts = (500, 1_000, 2_000, 4_000, 8_000)
    spent: dict[int, list[float]] = {n: [] for n in counts}
    for _ in range(ROUNDS):
        for n in counts:
            started = time.process_time()
            effects(model, panel.X[:n], groups, 14)
            spent[n].append(time.process_time() - started)
    a_row = {n: 1_000 * median(seconds) / n for n, seconds in spent.items()}
    with capsys.disabled():
        told = ", ".join(f"{n:,}: {cost:.2f}" for n, cost in a_row.items())
        print(f"\nreasons over {GROUPS} groups, CPU milliseconds a row by number of rows: {told}")
    assert max(a_row.values()) < 2 * min(a_row.values())
