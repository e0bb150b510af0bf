"""TabNet beside LightGBM and CatBoost, tuned, and histogram gradient boosting as it comes, on the final quarter of a log.

    development folds (their labels end before the quarter) ─▶ 16 configurations each, the best by log loss
    the final quarter ─▶ every model made again at each origin, calibrated day by day, same rows and kept features

    python -m tests.benchmarks.final_quarter CONFIG.toml …        (`fancare run` or `features` must have built the tables)

The quarter is opened once, after the recipe is fixed: nothing that it shows may go back into the recipe.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from fancare.churn.baselines import fit_baseline
from fancare.churn.bootstrap import Interval, auc_draws, log_loss_minus
from fancare.churn.metrics import Figures
from fancare.churn.model import fit_at_origin, prune_at_origin
from fancare.churn.recalibration import DailyCalibration
from fancare.churn.threads import limited
from fancare.churn.training import weekly_panel
from fancare.config import load
from fancare.dates import Fold, TimeLine
from fancare.job import Job
from fancare.modelspec import ModelSpec
from fancare.panel.gate import Panel
from fancare.warehouse.duckdb_engine import open_url
from tests.benchmarks.boosted_trees import LIBRARIES, BoostedTrees, Settings, development_and_final, tuned

TABNET, BOOSTING = "tabnet", "hist_gradient_boosting"
DRAWS, SEED = 1000, 0


@dataclass(frozen=True)
class Compared:
    """One model on the final quarter; ``minus`` are TabNet's mean AUC and log loss by horizon less this one's, paired."""

    name: str
    mean_auc: float
    log_loss: tuple[float, ...]
    minus_auc: Interval | None
    minus_log_loss: tuple[Interval, ...]
    cpu_seconds: float
    settings: Settings

    def line(self) -> str:
        """A row of the Markdown table."""
        gap = "–" if self.minus_auc is None else _told(self.minus_auc)
        loss = "–" if not self.minus_log_loss else _told(self.minus_log_loss[-1])
        return f"| {self.name} | {self.mean_auc:.4f} | {gap} | {self.log_loss[-1]:.4f} | {loss} | {self.cpu_seconds:.0f} s |"


def _told(gap: Interval) -> str:
    return f"{gap.estimate:+.4f} ({gap.low:+.4f} to {gap.high:+.4f})"


HEAD = """| model | mean AUC | TabNet − it | log loss, longest horizon | TabNet − it | CPU to fit |
|---|---|---|---|---|---|"""


def compare(panel: Panel, timeline: TimeLine, spec: ModelSpec) -> list[Compared]:
    """All four on the final quarter; trees are tuned on the folds before it."""
    with limited(1):
        development, final = development_and_final(timeline)
        kept = [prune_at_origin(panel, fold.split, spec, threads=1).kept for fold in development]
        chosen = {library: tuned(library, panel, development, kept, spec.train)[0] for library in LIBRARIES}
        index = np.concatenate([rows_of(panel, fold) for fold in final])
        risks: dict[str, list[np.ndarray]] = {name: [] for name in (TABNET, *LIBRARIES, BOOSTING)}
        cpu = dict.fromkeys(risks, 0.0)
        for fold in final:
            started = time.process_time()
            tabnet = fit_at_origin(panel, fold.split, spec, threads=1)
            cpu[TABNET] += time.process_time() - started
            names = tabnet.feature_names
            same, rows = panel.columns(names), rows_of(panel, fold)
            fitted: dict[str, Any] = {TABNET: tabnet}
            for name in (*LIBRARIES, BOOSTING):
                started = time.process_time()
                if name == BOOSTING:
                    fitted[name] = fit_baseline(name, same, fold.split, spec)
                else:
                    every = range(len(panel.horizons))
                    fitted[name] = BoostedTrees.fit(name, chosen[name], same, fold, names, every, spec.train)
                cpu[name] += time.process_time() - started
            for name, model in fitted.items():
                as_scored = DailyCalibration(model, same, timeline, spec.train.calibration_weeks)
                risks[name].append(as_scored.risks_of(same, rows))
    pooled = {name: np.concatenate(parts) for name, parts in risks.items()}
    return judged(panel, index, pooled, cpu, chosen)


def judged(
    panel: Panel,
    index: np.ndarray,
    risks: Mapping[str, np.ndarray],
    cpu: Mapping[str, float],
    chosen: Mapping[str, Settings],
) -> list[Compared]:
    """Figures of ``risks``, each (n, H), of the rows at ``index``."""
    outcome, clusters = panel.churned[index], [ids[index] for ids in panel.clusters]
    draws = auc_draws(outcome, risks, clusters, DRAWS, SEED)
    found: list[Compared] = []
    for name, risk in risks.items():
        figures = [Figures.of(outcome[:, k], risk[:, k]) for k in range(outcome.shape[1])]
        mean = float(np.mean([f.auc for f in figures]))
        gap: Interval | None = None
        losses: tuple[Interval, ...] = ()
        if name != TABNET:
            gap = Interval.of(found[0].mean_auc - mean, (draws[TABNET] - draws[name]).mean(axis=1))
            losses = log_loss_minus(outcome, risks[TABNET], risk, clusters, DRAWS, SEED)
        found.append(
            Compared(name, mean, tuple(f.log_loss for f in figures), gap, losses, cpu[name], chosen.get(name, {}))
        )
    return found


def rows_of(panel: Panel, fold: Fold) -> np.ndarray:
    """Positions of the fold's test rows."""
    return np.flatnonzero(np.isin(panel.as_of, np.asarray(fold.test_as_ofs, dtype="datetime64[D]")))


def built(path: Path) -> tuple[Panel, TimeLine, ModelSpec]:
    """What a config's tables hold; they must have been built."""
    config = load(path)
    with open_url(config.warehouse.url, config.path.parent, config.warehouse.memory_limit, 1) as warehouse:
        job = Job(config, warehouse, datetime.now(UTC))
        return weekly_panel(warehouse, config, job.timeline, job.progress), job.timeline, config.model


if __name__ == "__main__":
    for given in sys.argv[1:]:
        result = compare(*built(Path(given)))
        print(f"\n{given}\n\n{HEAD}\n" + "\n".join(one.line() for one in result), flush=True)
        print(json.dumps([asdict(one) for one in result]), file=sys.stderr, flush=True)
