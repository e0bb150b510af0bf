"""A small real model with everything around it, for tests of the bundle, the registry, the card, scores and reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from fancare.churn.backtest_rows import BacktestRows
from fancare.churn.bundle import Bundle
from fancare.churn.model import ChurnModel, fit_at_origin
from fancare.config import (
    ChurnConfig,
    Config,
    EventsConfig,
    OpsConfig,
    PlatformConfig,
    QualityConfig,
    RegistryConfig,
    SourceConfig,
    WarehouseConfig,
)
from fancare.panel.gate import Panel
from tests.drawn_panel import FIRST_DAY, HORIZONS, SMALL_MODEL, drawn_panel, drawn_timeline

ORIGIN = drawn_timeline().data_through


def drawn_config(folder: Path = Path("/nowhere"), **churn: Any) -> Config:
    """A config of creators who broadcast; ``churn`` are keys of its [churn]."""
    return Config(
        path=folder / "fancare.toml",
        platform=PlatformConfig(),
        warehouse=WarehouseConfig(),
        source=SourceConfig(kind="parquet", path="*.parquet"),
        events=EventsConfig(creator_acts=("broadcast",), creator_activity=("broadcast",), fan_activity=("message",)),
        churn=ChurnConfig(**{"entity": "creator", "horizons": HORIZONS, **churn}),
        registry=RegistryConfig(),
        ops=OpsConfig(),
        quality=QualityConfig(),
        model=SMALL_MODEL,
    )


def drawn_churn_model(panel: Panel | None = None) -> ChurnModel:
    split = drawn_timeline().split_at(ORIGIN, SMALL_MODEL.train.calibration_weeks)
    return fit_at_origin(panel or drawn_panel(), split, SMALL_MODEL)


def drawn_bundle(
    model: ChurnModel, panel: Panel | None = None, config: Config | None = None, backtest: Mapping[str, Any] | None = None,
    origin: date | None = None, rows: BacktestRows | None = None,
) -> Bundle:  # fmt: skip
    """The model with its records; another ``origin`` makes another version of it."""
    panel = panel or drawn_panel()
    model = model if origin is None else replace(model, origin=origin)
    cut = drawn_timeline().split_at(ORIGIN, SMALL_MODEL.train.calibration_weeks).cut
    return Bundle.of(model, panel.features, config or drawn_config(), FIRST_DAY, cut, backtest, rows=rows)


def drawn_backtest(
    tabnet: float = 0.8, recency: float = 0.7, width: float = 0.02, ece: float = 0.02, last_test: str = "2026-06-30"
) -> dict[str, Any]:
    """The JSON of a backtest with the same figures at every horizon, intervals ``± width``."""
    def of(auc: float) -> dict[str, Any]:
        return {"auc": auc, "auc_low": auc - width, "auc_high": auc + width, "average_precision": 0.5, "log_loss": 0.5,
                "brier": 0.2, "ece": ece, "lift_at_10pct": 2.0, "n": 1200, "churn_rate": 0.3}  # fmt: skip

    fold = {"origin": "2026-05-01", "first_test_as_of": "2026-05-01", "last_test_as_of": last_test, "n_test": 1200}
    gain = tabnet - recency
    return {
        "entity": "creator",
        "folds": [fold],
        "horizons": {str(h): {"tabnet": of(tabnet), "recency": of(recency)} for h in HORIZONS},
        "order_violations": 0,
        "fit_cpu_seconds": {"tabnet": 1.0, "recency": 0.1},
        "tabnet_minus": {"recency": {"estimate": gain, "low": gain - width, "high": gain + width}},
        "off_weekday_ece": {},
        "alarm": None,
        "cannot_say": None,
    }
