"""What a model is: one TOML file per model in ``models/``, read into frozen dataclasses."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field

from fancare.errors import ConfigError


@dataclass(frozen=True)
class TrainSpec:
    """Which rows train: at most ``max_rows`` (drawn evenly over the as_ofs), from ``history_weeks`` weeks (0: all)."""

    max_rows: int = 60_000
    history_weeks: int = 0
    calibration_weeks: int = 3


@dataclass(frozen=True)
class TabNetSpec:
    """The network and its training; the keys are explained in ``models/README.md``.

    Where ``epochs`` of ``batch_size`` would make fewer than ``min_updates`` steps, the batches get smaller.
    """

    width: int = 24
    steps: int = 2
    gamma: float = 1.3
    lambda_sparse: float = 1e-4
    batch_size: int = 1024
    virtual_batch_size: int = 256
    epochs: int = 10
    min_updates: int = 300
    learning_rate: float = 0.03
    weight_decay: float = 0.1
    between_weight: float = 0.3
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


@dataclass(frozen=True)
class PruneSpec:
    """How many candidate features are kept at most (0: all), and what makes one a duplicate, a leak or unstable.

    ``leak_auc`` is a single feature's AUC that is too good to be true, ``max_stability_index`` bounds the population stability
    index between the oldest and the newest third of the training weeks.
    """

    max_features: int = 80
    duplicate_correlation: float = 0.99
    leak_auc: float = 0.95
    max_stability_index: float = 5.0


@dataclass(frozen=True)
class TeacherSpec:
    """Whom TabNet learns from beside the labels: ``label_weight`` of 1 is labels alone; ``folds`` of whole entities."""

    label_weight: float = 0.2
    folds: int = 4


@dataclass(frozen=True)
class BandSpec:
    """Bands by the calibrated risk over ``horizon`` days: high at or above ``high``, medium at or above ``medium``."""

    horizon: int = 14
    high: float = 0.6
    medium: float = 0.3


@dataclass(frozen=True)
class BacktestSpec:
    """Rolling origins: ``folds`` of ``test_weeks`` each; ``bootstrap`` draws per interval; ``alarm_auc``: too good."""

    folds: int = 3
    test_weeks: int = 4
    bootstrap: int = 200
    alarm_auc: float = 0.95


@dataclass(frozen=True)
class GateSpec:
    """What a champion must reach in the backtest: mean AUC above the recency rule's, and a bound on the ECE.

    A challenger must not be shown to rank worse than the champion by more than ``max_auc_loss_to_champion`` of mean AUC. The
    top five themes of a row must overlap by ``min_reason_stability`` between seeds, and the challenger alone may turn over
    ``max_watchlist_turnover`` of the watchlist at most; both are shares.
    """

    min_auc_gain_over_recency: float = 0.0
    max_ece: float = 0.05
    max_auc_loss_to_champion: float = 0.005
    min_reason_stability: float = 0.5
    max_watchlist_turnover: float = 0.5


@dataclass(frozen=True)
class MonitorSpec:
    """When a model at work is said to be no longer right; see ``models/README.md``.

    ``reference_weeks`` before the origin are what its days are compared with. The outcomes of ``window_days`` days are judged
    together. An alarm needs the same finding in ``runs_in_a_row`` monitored days.
    """

    reference_weeks: int = 13
    max_psi_feature: float = 0.25
    max_psi_score: float = 0.25
    max_drifted_share: float = 0.05
    max_calibration_gap: float = 0.05
    window_days: int = 28
    runs_in_a_row: int = 2


@dataclass(frozen=True)
class ModelSpec:
    """One model: for which entity, how it is trained, banded, tested and let through."""

    name: str
    entity: str
    train: TrainSpec = field(default_factory=TrainSpec)
    prune: PruneSpec = field(default_factory=PruneSpec)
    teacher: TeacherSpec = field(default_factory=TeacherSpec)
    tabnet: TabNetSpec = field(default_factory=TabNetSpec)
    bands: BandSpec = field(default_factory=BandSpec)
    backtest: BacktestSpec = field(default_factory=BacktestSpec)
    gate: GateSpec = field(default_factory=GateSpec)
    monitor: MonitorSpec = field(default_factory=MonitorSpec)

    def __post_init__(self) -> None:
        if not 0 < self.bands.medium < self.bands.high < 1:
            raise ConfigError(
                f"[bands] medium = {self.bands.medium} and high = {self.bands.high} of model {self.name!r} must satisfy "
                f"0 < medium < high < 1: set them so."
            )
        least = {
            "prune": {"max_features": 0},
            "teacher": {"folds": 2},
            "train": {"max_rows": 2, "history_weeks": 0, "calibration_weeks": 1},
            "tabnet": {"width": 1, "steps": 1, "batch_size": 2, "virtual_batch_size": 2, "epochs": 1, "min_updates": 1},
            "backtest": {"folds": 1, "test_weeks": 1, "bootstrap": 2},
            "monitor": {"reference_weeks": 1, "window_days": 1, "runs_in_a_row": 1},
        }
        for table, keys in least.items():
            for key, smallest in keys.items():
                if (given := getattr(getattr(self, table), key)) < smallest:
                    raise ConfigError(f"[{table}] {key} = {given} of model {self.name!r} must be at least {smallest}: raise it.")
        for key in ("min_reason_stability", "max_watchlist_turnover"):
            if not 0 <= (share := getattr(self.gate, key)) <= 1:
                raise ConfigError(f"[gate] {key} = {share} of model {self.name!r} must be a share between 0 and 1: set it so.")
        if not 0 <= self.teacher.label_weight <= 1:
            raise ConfigError(
                f"[teacher] label_weight = {self.teacher.label_weight} of model {self.name!r} must be between 0 (the teacher "
                f"alone) and 1 (labels alone): set it so."
            )
        if not self.tabnet.seeds:
            raise ConfigError(f"[tabnet] seeds of model {self.name!r} is empty; give at least one, such as [0].")

    @property
    def spec_hash(self) -> str:
        """SHA-256 of the spec's canonical JSON: equal specs, equal hash, whatever the file looked like."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()
