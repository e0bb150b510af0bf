"""What more data would buy: the model made again from fewer weeks, and from fewer entities, tested on the same rows.

    weeks      │            ▒▒▒│ calibrate │ o │ test      an eighth of the weeks, all entities
               │        ▒▒▒▒▒▒▒│ calibrate │ o │ test      a quarter
               │▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒│ calibrate │ o │ test      all
    entities   │░░░░░░░░░░░░░░░│ calibrate │ o │ test      all weeks, half of the entities

Every step doubles, so the last one says what the newest doubling bought; nothing is said beyond the next. Entities are drawn
whole, by their ids alone, and those drawn are all that trains and calibrates; the test rows are everybody's. Rooms are drawn
by fan. A point is made several times, each with a draw and a network of its own (nested draws, one seed per repeat), and its
interval pools the bootstrap draws of all repeats: the luck of the test's entities, of the draw and of the training are in it.
So it is the interval of one such model, wider than that of the mean. Intervals are 95 %, clustered as in the backtest.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from fancare.churn.bootstrap import Interval, auc_draws
from fancare.churn.ids import entity_codes, word
from fancare.churn.metrics import auc, log_loss
from fancare.churn.model import fit_at_origin
from fancare.churn.recalibration import DailyCalibration
from fancare.churn.selection import training_rows
from fancare.churn.threads import limited
from fancare.dates import WEEK, Fold, TimeLine
from fancare.errors import NotEnoughHistory
from fancare.modelspec import ModelSpec
from fancare.panel.gate import Panel
from fancare.progress import Progress

SHARES = (1 / 8, 1 / 4, 1 / 2)  # of the entities, beside all of them
BOOTSTRAP_SEED = 0


@dataclass(frozen=True)
class Point:
    """A model made from ``weeks`` weekly as_ofs (the longest horizons have a few fewer, whose labels end by the same cut) and a
    ``share`` of the entities.

    ``n_entities``, ``n_available`` and ``n_rows`` are means over repeats and folds: entities with a training row, rows that
    could train, rows that did (``[train] max_rows`` of them at most). ``auc`` is the mean over the horizons, ``minus_all`` its
    difference from all data, ``gain`` from the point before on the same axis (None: the first); both are paired.
    """

    weeks: int
    share: float
    n_entities: int
    n_available: int
    n_rows: int
    auc: Interval
    by_horizon: Mapping[int, Interval]
    log_loss: Mapping[int, float]
    minus_all: Interval
    gain: Interval | None = None

    @property
    def is_capped(self) -> bool:
        """True where more rows were there than were let in: more data would bring other rows, not more of them."""
        return self.n_rows < self.n_available

    def to_dict(self) -> dict[str, Any]:
        return {
            "weeks": self.weeks,
            "share": self.share,
            "n_entities": self.n_entities,
            "n_available": self.n_available,
            "n_rows": self.n_rows,
            "mean_auc": _interval(self.auc),
            "auc": {str(h): _interval(found) for h, found in self.by_horizon.items()},
            "log_loss": {str(h): _known(value) for h, value in self.log_loss.items()},
            "minus_all": _interval(self.minus_all),
            "gain": None if self.gain is None else _interval(self.gain),
        }


@dataclass(frozen=True)
class LearningCurve:
    """Points by weeks and by entities, fewest first; the last of both is the model from all data. ``left_out`` says why some
    are missing."""

    entity: str
    horizons: tuple[int, ...]
    origins: tuple[date, ...]
    first_test: date
    last_test: date
    n_test: int
    n_test_entities: int
    repeats: int
    max_rows: int
    by_weeks: tuple[Point, ...]
    by_entities: tuple[Point, ...]
    left_out: tuple[str, ...]
    cpu_seconds: float

    @property
    def all_data(self) -> Point:
        return self.by_weeks[-1]

    def to_json_dict(self) -> dict[str, Any]:
        """JSON-able, without NaN: what cannot be said is None."""
        return {
            "entity": self.entity,
            "origins": [day.isoformat() for day in self.origins],
            "first_test_as_of": self.first_test.isoformat(),
            "last_test_as_of": self.last_test.isoformat(),
            "n_test": self.n_test,
            "n_test_entities": self.n_test_entities,
            "repeats": self.repeats,
            "max_rows": self.max_rows,
            "by_weeks": [point.to_dict() for point in self.by_weeks],
            "by_entities": [point.to_dict() for point in self.by_entities],
            "left_out": list(self.left_out),
            "cpu_seconds": round(self.cpu_seconds, 1),
        }


@dataclass(frozen=True)
class _Setting:
    weeks: int
    share: float

    def __str__(self) -> str:
        of = "all entities" if self.share == 1 else f"1/{1 / self.share:.0f} of the entities"
        return f"{self.weeks} weeks, {of}"


@dataclass(frozen=True)
class _Made:
    """One setting in all repeats: sizes (means) and, per repeat, the risks (n, H) of the test rows."""

    setting: _Setting
    n_entities: int
    n_available: int
    n_rows: int
    risks: tuple[np.ndarray, ...]


def measure(
    panel: Panel, timeline: TimeLine, spec: ModelSpec, folds: int = 1, repeats: int = 3, progress: Progress | None = None,
    threads: int | None = None,
) -> LearningCurve:  # fmt: skip
    """The learning curve of ``spec`` on the last ``folds`` folds of its backtest; each network is one of the seeds, not all.

    ``[train] history_weeks`` is left aside: how many weeks are worth having is what is asked. With several folds all of them
    train on as many weeks as the oldest has. Raises `NotEnoughHistory` where there is no fold, or no model from all data.
    """
    progress = progress or Progress()
    started = time.process_time()
    last = timeline.folds(folds, spec.backtest.test_weeks, spec.train.calibration_weeks)
    tested = [np.flatnonzero(np.isin(panel.as_of, np.asarray(f.test_as_ofs, dtype="datetime64[D]"))) for f in last]
    index = np.concatenate(tested)
    if not len(index):
        raise NotEnoughHistory(
            f"None of the {len(panel)} rows of the panel lies between {last[0].test_as_ofs[0]} and {last[-1].test_as_ofs[-1]}, "
            f"where the learning curve tests; bring a log with activity there, or give more --folds."
        )
    settings = _settings(len(last[0].split.training_as_ofs), timeline.horizons)
    made: list[_Made] = []
    left_out: list[str] = []
    with limited(threads), progress.task("Learning curve", total=len(settings) * repeats) as task:
        for setting in settings:
            risks: list[np.ndarray] = []
            sizes: list[tuple[int, int, int]] = []
            try:
                for repeat in range(repeats):
                    parts = [
                        _fit(panel, timeline, fold, rows, spec, setting, repeat, threads)
                        for fold, rows in zip(last, tested, strict=True)
                    ]
                    risks.append(np.concatenate([risk for risk, _ in parts]))
                    sizes += [size for _, size in parts]
                    task.advance(note=str(setting))
            except NotEnoughHistory as too_little:
                if setting == settings[0]:  # all data
                    raise
                left_out.append(f"{setting}: {too_little}")
                task.advance(repeats - len(risks))
                continue
            n_entities, n_available, n_rows = (int(mean) for mean in np.mean(sizes, axis=0))
            made.append(_Made(setting, n_entities, n_available, n_rows, tuple(risks)))
    by_weeks, by_entities = _points(panel, index, made, spec, progress)
    return LearningCurve(
        entity=panel.entity,
        horizons=tuple(panel.horizons),
        origins=tuple(fold.split.origin for fold in last),
        first_test=last[0].test_as_ofs[0],
        last_test=last[-1].test_as_ofs[-1],
        n_test=len(index),
        n_test_entities=len(np.unique(entity_codes(panel.rows(index)))),
        repeats=repeats,
        max_rows=spec.train.max_rows,
        by_weeks=by_weeks,
        by_entities=by_entities,
        left_out=tuple(left_out),
        cpu_seconds=time.process_time() - started,
    )


def doublings(all_weeks: int, fewest: int) -> tuple[int, ...]:
    """All weeks, halved as long as ``fewest`` are left; fewest first.

    >>> doublings(41, 4)
    (5, 10, 20, 41)
    """
    out = [all_weeks]
    while out[-1] // 2 >= fewest:
        out.append(out[-1] // 2)
    return tuple(reversed(out))


def drawn(panel: Panel, share: float, repeat: int) -> np.ndarray:
    """(n,) bool: rows of the entities drawn in this repeat, by their ids alone (rooms: by fan); smaller shares are nested."""
    ids = panel.clusters[-1].tolist()
    is_in = {name: word(f"{repeat}\0{name}") < share * 2**64 for name in set(ids)}
    return np.fromiter((is_in[name] for name in ids), dtype=bool, count=len(ids))


def _settings(all_weeks: int, horizons: Sequence[int]) -> list[_Setting]:
    """All data first: without it there is no curve. Fewer weeks than the longest horizon takes would leave it unlabelled."""
    fewest = (max(horizons) - min(horizons)) // WEEK + 1
    weeks = [_Setting(n, 1.0) for n in doublings(all_weeks, fewest)[:-1]]
    return [_Setting(all_weeks, 1.0), *weeks, *(_Setting(all_weeks, share) for share in SHARES)]


def _fit(
    panel: Panel, timeline: TimeLine, fold: Fold, tested: np.ndarray, spec: ModelSpec, setting: _Setting, repeat: int,
    threads: int | None,
) -> tuple[np.ndarray, tuple[int, int, int]]:  # fmt: skip
    """The risks (n, H) of the fold's test rows, and (entities, rows that could train, rows that did)."""
    learnt = panel if setting.share == 1 else panel.rows(drawn(panel, setting.share, repeat))
    if not len(learnt):
        raise NotEnoughHistory("no entity was drawn.")
    own = replace(
        spec,
        train=replace(spec.train, history_weeks=setting.weeks),
        tabnet=replace(spec.tabnet, seeds=(spec.tabnet.seeds[0] + repeat,)),
    )
    available = training_rows(learnt, fold.split, replace(own.train, max_rows=max(2, len(learnt)))).index
    model = fit_at_origin(learnt, fold.split, own, threads=threads)
    as_scored = DailyCalibration(model, learnt, timeline, spec.train.calibration_weeks)
    n_entities = len(np.unique(entity_codes(learnt)[available]))
    return as_scored.risks_of(panel, tested), (n_entities, len(available), model.n_rows)


def _points(
    panel: Panel, index: np.ndarray, made: Sequence[_Made], spec: ModelSpec, progress: Progress
) -> tuple[tuple[Point, ...], tuple[Point, ...]]:
    outcome = panel.churned[index]
    clusters = [ids[index] for ids in panel.clusters]
    risks = {f"{m}.{k}": risk for m, one in enumerate(made) for k, risk in enumerate(one.risks)}
    by_name = auc_draws(outcome, risks, clusters, spec.backtest.bootstrap, BOOTSTRAP_SEED, progress)
    repeats = range(len(made[0].risks))
    draws = [np.stack([by_name[f"{m}.{k}"] for k in repeats]) for m in range(len(made))]  # (repeats, draws, H)
    aucs = [np.array([_aucs(outcome, risk) for risk in one.risks]) for one in made]  # (repeats, H)

    def difference(a: int, b: int) -> Interval:
        return Interval.of(float((aucs[a] - aucs[b]).mean()), (draws[a] - draws[b]).mean(axis=2).ravel())

    def point(m: int, before: int | None) -> Point:
        one = made[m]
        losses = np.mean([_losses(outcome, risk) for risk in one.risks], axis=0)
        return Point(
            weeks=one.setting.weeks,
            share=one.setting.share,
            n_entities=one.n_entities,
            n_available=one.n_available,
            n_rows=one.n_rows,
            auc=Interval.of(float(aucs[m].mean()), draws[m].mean(axis=2).ravel()),
            by_horizon={
                h: Interval.of(float(aucs[m][:, k].mean()), draws[m][:, :, k].ravel())
                for k, h in enumerate(panel.horizons)
            },
            log_loss={h: float(losses[k]) for k, h in enumerate(panel.horizons)},
            minus_all=difference(m, 0),
            gain=None if before is None else difference(m, before),
        )

    by_weeks = [m for m, one in enumerate(made) if one.setting.share == 1]
    by_entities = [m for m, one in enumerate(made) if one.setting.weeks == made[0].setting.weeks]
    axes = []
    for places in (by_weeks, by_entities):
        places = sorted(places, key=lambda m: (made[m].setting.weeks, made[m].setting.share))
        axes.append(tuple(point(m, before) for m, before in zip(places, [None, *places[:-1]], strict=True)))
    return axes[0], axes[1]


def _aucs(outcome: np.ndarray, risk: np.ndarray) -> list[float]:
    return [auc(*_labelled(outcome[:, k], risk[:, k])) for k in range(outcome.shape[1])]


def _losses(outcome: np.ndarray, risk: np.ndarray) -> list[float]:
    return [log_loss(*_labelled(outcome[:, k], risk[:, k])) for k in range(outcome.shape[1])]


def _labelled(outcome: np.ndarray, risk: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    known = ~np.isnan(outcome)
    return outcome[known].astype(np.float64), risk[known]


def _interval(found: Interval) -> dict[str, float | None]:
    return {name: _known(value) for name, value in found.to_dict().items()}


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
