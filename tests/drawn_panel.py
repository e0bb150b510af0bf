"""A drawn panel for tests of learning: entities with known hazards, weekly as_ofs, labels mature by date alone."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from fancare.dates import TimeLine
from fancare.modelspec import BacktestSpec, ModelSpec, PruneSpec, TabNetSpec, TeacherSpec, TrainSpec
from fancare.panel.feature import Feature
from fancare.panel.gate import Panel

HORIZONS = (7, 14, 28)
FIRST_DAY = date(2026, 1, 1)

# a network that trains in a blink
SMALL = TabNetSpec(width=4, steps=2, batch_size=256, virtual_batch_size=64, epochs=2, min_updates=10, seeds=(0,))
SMALL_MODEL = ModelSpec(
    "drawn",
    "creator",
    train=TrainSpec(calibration_weeks=2),
    prune=PruneSpec(max_features=0),  # its features are few, and some are noise on purpose
    teacher=TeacherSpec(label_weight=1.0),  # labels alone, in a blink
    tabnet=SMALL,
    backtest=BacktestSpec(folds=2, test_weeks=2, bootstrap=40),
)


def feature(name: str, **more: object) -> Feature:
    return Feature(name, "context", "days", name, name, name, **more)  # type: ignore[arg-type]


def drawn_timeline(weeks: int = 16) -> TimeLine:
    """``weeks`` weekly as_ofs after four weeks of warm-up, the last one on data_through."""
    return TimeLine(FIRST_DAY, FIRST_DAY + timedelta(27 + 7 * (weeks - 1)), late_days=0, horizons=HORIZONS)


def drawn_panel(
    n_entities: int = 40, weeks: int = 16, seed: int = 0, signal: float = 1.5, entity: str = "creator", extra: int = 3
) -> Panel:
    """Every entity at every as_of. The days until return are geometric; the log odds of returning on a day fall with
    ``signal`` times the standardised log of ``recency_days``; ``extra`` further features are noise, with holes.
    """
    random = np.random.default_rng(seed)
    line = drawn_timeline(weeks)
    days = np.array(line.weekly_as_ofs(), dtype="datetime64[D]")
    as_of = np.repeat(days, n_entities)
    number = np.tile(np.arange(n_entities), len(days))
    n = len(as_of)
    recency = random.integers(0, 28, size=n).astype(np.float32)
    level = np.log1p(recency) - np.log1p(13)
    returns_daily = 1 / (1 + np.exp(2.8 + signal * level))
    until = random.geometric(returns_daily).astype(np.float32)
    noise = random.normal(size=(n, extra)).astype(np.float32)
    noise[random.random(noise.shape) < 0.05] = np.nan
    churned = np.full((n, len(HORIZONS)), np.nan, dtype=np.float32)
    for k, h in enumerate(HORIZONS):
        mature = as_of + np.timedelta64(h, "D") <= np.datetime64(line.data_through)
        churned[mature, k] = until[mature] > h
    ids = np.array([f"e{i:03d}" for i in number], dtype=object)
    others = np.array([f"o{i:03d}" for i in random.integers(0, max(2, n_entities // 4), size=n)], dtype=object)
    return Panel(
        entity=entity,
        creator_id={"creator": ids, "room": others, "fan": None}[entity],
        fan_id={"creator": None, "room": ids, "fan": ids}[entity],
        as_of=as_of,
        X=np.column_stack([recency, noise]),
        features=(feature("recency_days"), *(feature(f"noise_{j}") for j in range(extra))),
        horizons=HORIZONS,
        days_until_return=until,
        churned=churned,
    )
