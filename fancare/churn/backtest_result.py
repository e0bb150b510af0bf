"""What a backtest found: figures of every model at every horizon, fold by fold and pooled, as records, rows and JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fancare.churn.at_capacity import AtCapacity
from fancare.churn.baselines import BASELINES
from fancare.churn.bootstrap import Interval
from fancare.churn.ceiling import Ceiling
from fancare.churn.cohorts import CohortFigures
from fancare.churn.metrics import Figures
from fancare.dates import Fold

TABNET = "tabnet"
MODELS = (TABNET, *BASELINES)
BOOSTING = "hist_gradient_boosting"


@dataclass(frozen=True)
class HorizonFigures:
    """One model at one horizon: its figures over all test rows, and the interval of its AUC."""

    figures: Figures
    auc: Interval

    def to_dict(self) -> dict[str, Any]:
        return self.figures.to_dict() | {"auc_low": self.auc.low, "auc_high": self.auc.high}


@dataclass(frozen=True)
class FoldFigures:
    """One origin: what trained there, what tested it, and each model's AUC and ECE per horizon.

    TabNet kept ``n_features`` of ``n_candidates``; ``overlap`` is Jaccard's index with what the fold before kept (None: first).
    ``mean_risk`` is TabNet's per horizon, beside the ``churn_rate`` that came: where the ECE is large, their difference
    tells whether the world moved as a whole after the origin.
    """

    fold: Fold
    n_train: int
    n_test: int
    n_candidates: int
    n_features: int
    overlap: float | None
    auc: Mapping[str, Mapping[int, float]]
    ece: Mapping[str, Mapping[int, float]]
    mean_risk: Mapping[int, float]
    churn_rate: Mapping[int, float]

    def to_dict(self) -> dict[str, Any]:
        split, test = self.fold.split, self.fold.test_as_ofs
        return {
            "origin": split.origin.isoformat(),
            "cut": split.cut.isoformat(),
            "first_training_as_of": split.training_as_ofs[0].isoformat(),
            "last_training_as_of": split.training_as_ofs[-1].isoformat(),
            "first_test_as_of": test[0].isoformat(),
            "last_test_as_of": test[-1].isoformat(),
            "n_train": self.n_train,
            "n_test": self.n_test,
            "n_candidates": self.n_candidates,
            "n_features": self.n_features,
            "overlap": self.overlap,
            "auc": {name: _by_horizon(values) for name, values in self.auc.items()},
            "ece": {name: _by_horizon(values) for name, values in self.ece.items()},
            "mean_risk": _by_horizon(self.mean_risk),
            "churn_rate": _by_horizon(self.churn_rate),
        }


@dataclass(frozen=True)
class Tested:
    """The test rows of all folds: ``index`` (n,) row numbers in the panel, ``risks`` (n, H) what TabNet said of them."""

    index: np.ndarray
    risks: np.ndarray


@dataclass(frozen=True)
class BacktestResult:
    """All that a backtest found; ``to_json_dict`` is its public form.

    ``minus`` holds, for each baseline, TabNet's mean AUC over the horizons minus the baseline's, with a paired interval.
    ``alarm`` is a sentence when a figure is too good to be true, ``cannot_say`` one when TabNet is not shown to beat the
    recency rule and chance; else both are None. ``off_weekday_ece`` is TabNet's ECE per horizon on test rows of other
    weekdays than the training's (empty when no such rows were given). ``reliability`` holds per horizon, for bins of about
    equal TabNet risk, what was said, what happened and how many rows. ``ceiling`` is known on simulated platforms only: per
    horizon what the true risk would have reached. ``tested`` are the rows behind the figures; they are not in the JSON.
    ``at_capacity`` is what the day's list was worth, ``cohorts`` are newcomers, the small and the top; ``log_loss_minus`` holds
    by baseline and horizon TabNet's log loss minus the baseline's, paired (below 0: TabNet is better).
    """

    entity: str
    folds: tuple[FoldFigures, ...]
    horizons: Mapping[int, Mapping[str, HorizonFigures]]
    order_violations: int
    fit_cpu_seconds: Mapping[str, float]
    minus: Mapping[str, Interval]
    off_weekday_ece: Mapping[int, float]
    alarm: str | None
    cannot_say: str | None
    reliability: Mapping[int, Sequence[tuple[float, float, int]]] = field(default_factory=dict)
    ceiling: Mapping[int, Ceiling] = field(default_factory=dict)
    tested: Tested | None = None
    at_capacity: AtCapacity | None = None
    cohorts: tuple[CohortFigures, ...] = ()
    log_loss_minus: Mapping[str, Mapping[int, Interval]] = field(default_factory=dict)

    def mean_auc(self, model: str) -> float:
        """The model's AUC averaged over the horizons."""
        return float(np.mean([by_model[model].figures.auc for by_model in self.horizons.values()]))

    def to_json_dict(self) -> dict[str, Any]:
        """JSON-able, without NaN: what cannot be said is None."""
        return without_nan(
            {
                "entity": self.entity,
                "folds": [fold.to_dict() for fold in self.folds],
                "horizons": {
                    str(h): {name: figures.to_dict() for name, figures in by_model.items()}
                    for h, by_model in self.horizons.items()
                },
                "order_violations": self.order_violations,
                "fit_cpu_seconds": dict(self.fit_cpu_seconds),
                "mean_auc": {name: self.mean_auc(name) for name in MODELS},
                "tabnet_minus": {name: interval.to_dict() for name, interval in self.minus.items()},
                "log_loss_minus": {
                    name: {str(h): gap.to_dict() for h, gap in by_horizon.items()}
                    for name, by_horizon in self.log_loss_minus.items()
                },
                "at_capacity": None if self.at_capacity is None else self.at_capacity.to_dict(),
                "cohorts": {found.name: found.to_dict(BOOSTING) for found in self.cohorts},
                "off_weekday_ece": {str(h): value for h, value in self.off_weekday_ece.items()},
                "reliability": {
                    str(h): [{"said": said, "happened": happened, "n": n} for said, happened, n in bins]
                    for h, bins in self.reliability.items()
                },
                **({"ceiling": {str(h): found.to_dict() for h, found in self.ceiling.items()}} if self.ceiling else {}),
                "alarm": self.alarm,
                "cannot_say": self.cannot_say,
            }
        )

    def sentences(self) -> list[str]:
        """What a person must be told beside the figures: is TabNet ahead, too good, or unable to say."""
        told = [
            f"TabNet's mean AUC minus {name}'s: {gap.estimate:+.4f} ({gap.low:+.4f} to {gap.high:+.4f})"
            for name, gap in self.minus.items()
            if not math.isnan(gap.low)
        ]
        told += [
            f"at {h} days the true risk's AUC is {found.auc.estimate:.3f}; TabNet reached {found.share.estimate:.0%} of what "
            f"there was to know ({found.share.low:.0%} to {found.share.high:.0%})"
            for h, found in self.ceiling.items()
            if not math.isnan(found.share.estimate)
        ]
        longest = max(self.horizons, default=0)
        told += [
            f"TabNet's log loss at {longest} days minus {name}'s: {gap[longest].estimate:+.4f} ({gap[longest].low:+.4f} to "
            f"{gap[longest].high:+.4f}; below 0 is better)"
            for name, gap in self.log_loss_minus.items()
            if name == BOOSTING and not math.isnan(gap[longest].low)
        ]
        pruned = [(fold.n_features, fold.n_candidates, fold.overlap) for fold in self.folds]
        kept = ", ".join(f"{n} of {of}" + (f" (overlap {o:.2f})" if o is not None else "") for n, of, o in pruned)
        told.append(f"features kept, fold by fold: {kept}")
        if self.off_weekday_ece:
            each = ", ".join(f"{value:.3f} at {h} days" for h, value in self.off_weekday_ece.items())
            told.append(f"TabNet's ECE on other weekdays than training's: {each}")
        return [*told, *(sentence for sentence in (self.alarm, self.cannot_say) if sentence)]

    def to_rows(self) -> list[dict[str, Any]]:
        """One flat record per horizon and model, for tables."""
        return [
            {"horizon": h, "model": name, **without_nan(figures.to_dict())}
            for h, by_model in self.horizons.items()
            for name, figures in by_model.items()
        ]


def _by_horizon(values: Mapping[int, float]) -> dict[str, float]:
    return {str(h): value for h, value in values.items()}


def without_nan(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(item) for item in value]
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value
