"""A million rows of 150 features: trains or scores them in a process of its own, and prints the process's peak memory.

    python -m tests.benchmarks.large_panel train|score [rows] [features]

Peak memory is that of the whole process, interpreter and libraries included; rows lie in a file (`fancare.panel.float_rows`).
"""

from __future__ import annotations

import json
import resource
import sys
import time
from dataclasses import replace

import numpy as np

from fancare.churn.model import ChurnModel, fit_at_origin
from fancare.modelspec import ModelSpec, PruneSpec, TabNetSpec, TrainSpec
from fancare.panel.float_rows import blocks, float_rows, release
from fancare.panel.gate import Panel
from tests.drawn_panel import HORIZONS, drawn_timeline, feature

WEEKS = 20


def large_panel(n: int, d: int) -> Panel:
    """``n`` rows over 20 weekly as_ofs; counts with heavy tails, of which a tenth decide when an entity returns."""
    line = drawn_timeline(WEEKS)
    days = np.array(line.weekly_as_ofs(), dtype="datetime64[D]")
    as_of = np.sort(np.resize(days, n))
    X, score = float_rows(n, d), np.empty(n)
    weight = np.random.default_rng(0).normal(scale=0.5, size=d // 10)
    for part in blocks(n):
        drawn = np.random.default_rng(part.start).standard_gamma(0.7, size=(part.stop - part.start, d), dtype=np.float32)
        X[part] = 10 * drawn
        score[part] = np.log1p(10 * drawn[:, : len(weight)]) @ weight
        release(X)
    until = np.random.default_rng(1).geometric(1 / (1 + np.exp(2.5 - (score - score.mean()))))
    churned = np.full((n, len(HORIZONS)), np.nan, dtype=np.float32)
    for k, h in enumerate(HORIZONS):
        mature = as_of + np.timedelta64(h, "D") <= np.datetime64(line.data_through)
        churned[mature, k] = until[mature] > h
    ids = np.array([f"c{i}" for i in range(-(-n // WEEKS))], dtype=object)
    return Panel(
        entity="creator", creator_id=np.resize(ids, n), fan_id=None, as_of=as_of, X=X,
        features=tuple(feature(f"f{j}") for j in range(d)), horizons=HORIZONS, days_until_return=until.astype(np.float32),
        churned=churned,
    )  # fmt: skip


def trained(panel: Panel, rows: int, epochs: int) -> ChurnModel:
    """A model with every feature, trained on at most so many rows."""
    tabnet = TabNetSpec(epochs=epochs, seeds=(0,), min_updates=1)
    spec = ModelSpec("large", "creator", train=TrainSpec(max_rows=rows), prune=PruneSpec(max_features=0), tabnet=tabnet)
    line = drawn_timeline(WEEKS)
    return fit_at_origin(panel, line.split_at(line.data_through, 3), replace(spec))


def main(what: str, n: int = 1_000_000, d: int = 150) -> dict[str, float]:
    panel = large_panel(n * 2 if what == "train" else n, d)  # half of the weeks' labels are too young to train
    made_mb = _peak_mb()
    started = time.process_time()
    model = trained(panel, n, epochs=2) if what == "train" else trained(panel, 20_000, epochs=1)
    if what == "score":
        started = time.process_time()
        risks = model.risks_of(panel)
        assert risks.shape == (n, len(HORIZONS))
    cpu = time.process_time() - started
    rows = model.n_rows if what == "train" else n
    return {"rows": rows, "features": d, "cpu_seconds": cpu, "peak_mb": _peak_mb(), "drawn_mb": made_mb}


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], *map(int, sys.argv[2:]))))
