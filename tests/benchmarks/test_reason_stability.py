"""Do two champions that were trained independently give the same reasons? On a simulated platform, among 30 groups of features.

Features that correlate are one group (average linkage on 1 − |correlation| of the encoded rows), as they are one reason:
occluding one of two twins changes nothing. A group is occluded by its features' medians over the training rows, and its effect is
the change of the calibrated 14-day risk. Two models of other seeds, same rows; the five strongest groups of each row are compared
(Jaccard).
"""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from fancare.churn.model import ChurnModel, columns_of, fit_at_origin
from fancare.churn.occlusion import effects
from fancare.churn.training import weekly_panel
from fancare.config import load
from fancare.job import Job
from fancare.warehouse.duckdb_engine import open_url
from tests.command import FANCARE

GROUPS, TOP, HORIZON, CAPACITY, SAMPLE = 30, 5, 14, 20, 200


def groups_of(encoded: np.ndarray) -> list[tuple[int, ...]]:
    """Columns of (n, d) encoded rows in `GROUPS` groups."""
    distance = 1 - np.abs(np.corrcoef(encoded.T))
    np.fill_diagonal(distance, 0.0)
    tree = linkage(squareform((distance + distance.T) / 2, checks=False), "average")
    label = fcluster(tree, GROUPS, "maxclust")
    return [tuple(np.flatnonzero(label == g).tolist()) for g in np.unique(label)]


def jaccard(one: np.ndarray, other: np.ndarray) -> float:
    """Mean over rows of the overlap of the strongest groups; both are (n, G) effects."""
    tops = [np.argsort(-np.abs(found), axis=1)[:, :TOP] for found in (one, other)]
    return float(np.mean([len(set(a) & set(b)) / len(set(a) | set(b)) for a, b in zip(*(t.tolist() for t in tops), strict=True)]))


@pytest.mark.benchmark
def test_two_champions_give_the_same_reasons(tmp_path, capsys):
    for words in (["simulate", tmp_path / "p", "--world", "lively", "--seed", "11", "--creators", "1200"], ["features"]):
        config = [] if words[0] == "simulate" else ["--config", tmp_path / "p" / "fancare.toml"]
        subprocess.run([FANCARE, *map(str, words), *map(str, config), "-q"], check=True, capture_output=True)
    config = load(tmp_path / "p" / "fancare.toml")
    with open_url(config.warehouse.url, config.path.parent, config.warehouse.memory_limit, 1) as warehouse:
        job = Job(config, warehouse, datetime.now(UTC))
        timeline, panel = job.timeline, weekly_panel(warehouse, config, job.timeline, job.progress)
    split = timeline.split_at(timeline.data_through, config.model.train.calibration_weeks)
    models: list[ChurnModel] = []
    for seeds in (config.model.tabnet.seeds, tuple(seed + 10 for seed in config.model.tabnet.seeds)):
        spec = replace(config.model, tabnet=replace(config.model.tabnet, seeds=seeds))
        models.append(fit_at_origin(panel, split, spec))
    assert models[0].feature_names == models[1].feature_names
    X = panel.X[:, columns_of(panel, models[0].feature_names)]
    trained = np.isin(panel.as_of, np.asarray(split.training_as_ofs, dtype="datetime64[D]"))
    groups = groups_of(models[0].encoder.transform(X[trained]))
    latest = X[panel.as_of == panel.as_of.max()]
    random = np.random.default_rng(0)
    listed = np.argsort(-models[0].risks(latest)[:, panel.horizons.index(HORIZON)])[:CAPACITY]
    others = random.choice(len(latest), min(SAMPLE, len(latest)), replace=False)
    luck = jaccard(random.random((4_000, len(groups))), random.random((4_000, len(groups))))
    found = {
        name: jaccard(*(effects(model, latest[rows], groups, HORIZON) for model in models))
        for name, rows in (("the watchlist", listed), ("any rows", others))
    }
    with capsys.disabled():
        print(f"\nfive strongest of {len(groups)} groups, two champions, Jaccard (by chance {luck:.2f}):")
        for name, overlap in found.items():
            print(f"  {name}: {overlap:.2f}")
    assert len(groups) >= 25
    assert min(found.values()) > 3 * luck
