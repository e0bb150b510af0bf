"""From built tables to a model in the registry: which days, which backtest, which bundle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np

from fancare.churn import backtest as rolling
from fancare.churn import turnover
from fancare.churn.backtest_result import BacktestResult
from fancare.churn.backtest_rows import BacktestRows
from fancare.churn.bundle import Bundle
from fancare.churn.ceiling import Truth
from fancare.churn.checkpoint import Checkpoints
from fancare.churn.model import fit_at_origin, prune_at_origin
from fancare.churn.occlusion import contributions
from fancare.churn.promotion import Gate, verdict
from fancare.churn.pruning import Pruning
from fancare.churn.recalibration import DailyCalibration
from fancare.churn.registry import LoadedBundle, Registry, awaits_certificate, uncertified
from fancare.churn.score import check_panel, ranks_of
from fancare.churn.stability import Reference
from fancare.churn.themes import themes_of
from fancare.churn.turnover import Turnover
from fancare.config import Config
from fancare.dates import TimeLine
from fancare.errors import NotEnoughHistory, Refused
from fancare.modelspec import ModelSpec
from fancare.panel.build import plan
from fancare.panel.gate import Panel, read_panel
from fancare.progress import Progress
from fancare.warehouse.duckdb_engine import Warehouse

UNFINISHED = ".unfinished"  # beside the versions: trainings that were killed
OFF_WEEKDAY_DAYS = 3  # scoring is daily, training weekly: does the calibration hold this many days off?


def scoring_model(config: Config, as_of: date) -> LoadedBundle | None:
    """The model to score ``as_of`` with: the champion of that day, or for a day before the first champion the newest
    certified version made by then (a backfill trains such a one; it never becomes champion). None when there is neither.
    """
    registry, name = Registry.of(config), config.model.name
    champion = registry.champion(name, as_of)
    if champion is not None or not registry.history(name):
        return champion
    for version in reversed(_known_versions(registry, name, as_of)):
        loaded = registry.load(name, version)
        if uncertified(loaded) is None:
            return replace(loaded, verdict=verdict(loaded.bundle))
    return None


def needs_training(config: Config, as_of: date) -> bool:
    """True when there is no model to score ``as_of`` with."""
    return scoring_model(config, as_of) is None


def off_weekday_as_ofs(timeline: TimeLine, spec: ModelSpec) -> tuple[date, ...]:
    """One as_of per fold within its test period, on another weekday than training's; only fully mature ones."""
    try:
        folds = timeline.folds(spec.backtest.folds, spec.backtest.test_weeks, spec.train.calibration_weeks)
    except NotEnoughHistory:
        return ()
    days = (fold.test_as_ofs[len(fold.test_as_ofs) // 2] - timedelta(OFF_WEEKDAY_DAYS) for fold in folds)
    return tuple(day for day in days if timeline.is_mature(day, max(timeline.horizons)))


def calibration_as_ofs(timeline: TimeLine, spec: ModelSpec) -> tuple[date, ...]:
    """The as_ofs that calibrate what is scored on ``timeline.data_through``; fewer or none where history is short."""
    slices = timeline.calibration_slices(timeline.data_through, spec.train.calibration_weeks)
    return tuple(sorted({day for days in slices.values() for day in days}))


def training_as_ofs(timeline: TimeLine, spec: ModelSpec) -> tuple[date, ...]:
    """Every as_of that training and backtest look at; `NotEnoughHistory` when no model can be made yet."""
    timeline.split_at(timeline.data_through, spec.train.calibration_weeks)
    return tuple(sorted({*timeline.weekly_as_ofs(), *off_weekday_as_ofs(timeline, spec)}))


def weekly_panel(warehouse: Warehouse, config: Config, timeline: TimeLine, progress: Progress) -> Panel:
    """The panel of the weekly as_ofs; needs the build of `training_as_ofs`."""
    features = plan(warehouse, config, timeline.data_through).features
    return read_panel(warehouse, config, timeline.weekly_as_ofs(), features, progress=progress)


def run_backtest(
    warehouse: Warehouse,
    config: Config,
    timeline: TimeLine,
    panel: Panel,
    progress: Progress,
    truth: Truth | None = None,
    checkpoints: Checkpoints | None = None,
) -> BacktestResult:
    """The backtest of the config's model on a weekly panel; ``truth`` gives a simulated platform's ceiling."""
    off = read_panel(warehouse, config, off_weekday_as_ofs(timeline, config.model), panel.features)
    return rolling.run(
        panel, timeline, config.model, progress, off_weekday=off, truth=truth, capacity=config.ops.capacity,
        checkpoints=checkpoints,
    )  # fmt: skip


def candidates_pruned(config: Config, timeline: TimeLine, panel: Panel) -> Pruning:
    """What a model made on ``timeline.data_through`` keeps of the candidate features, and why the others go."""
    split = timeline.split_at(timeline.data_through, config.model.train.calibration_weeks)
    return prune_at_origin(panel, split, config.model)


@dataclass(frozen=True)
class TrainingReport:
    """A version in the registry, and the backtest that speaks for it (None: history too short for one)."""

    version: str
    n_rows: int
    n_features: int
    n_candidates: int
    backtest: BacktestResult | None
    why_no_backtest: str | None

    def lines(self) -> list[str]:
        """Closing lines for the operator."""
        told = [f"trained {self.version} on {self.n_rows:,} rows × {self.n_features} of {self.n_candidates} features"]
        if self.backtest is None:
            return [*told, f"no backtest: {self.why_no_backtest}"]
        tabnet, trees = self.backtest.mean_auc("tabnet"), self.backtest.mean_auc("hist_gradient_boosting")
        recency = self.backtest.mean_auc("recency")
        told.append(
            f"backtest, mean AUC: TabNet {tabnet:.3f}, gradient boosting {trees:.3f}, recency rule {recency:.3f}"
        )
        return [*told, *(sentence for sentence in (self.backtest.alarm, self.backtest.cannot_say) if sentence)]


def train(warehouse: Warehouse, config: Config, timeline: TimeLine, progress: Progress) -> TrainingReport:
    """Backtest, then a model made on ``timeline.data_through``, registered; it is not champion yet.

    With history for a model but for no backtest fold, the model is kept without one; it cannot say. Killed at any point, the next
    call with the same data goes on after the last epoch that was finished, and ends with the same bundle.
    """
    spec = config.model
    registry = Registry.of(config)
    unfinished = Checkpoints(registry.root / spec.name / UNFINISHED)
    panel = weekly_panel(warehouse, config, timeline, progress)
    try:
        result, why = run_backtest(warehouse, config, timeline, panel, progress, checkpoints=unfinished), None
    except NotEnoughHistory as too_short:
        result, why = None, str(too_short)
    split = timeline.split_at(timeline.data_through, spec.train.calibration_weeks)
    progress.say(f"Final model, made on {split.origin}")
    model = fit_at_origin(panel, split, spec, progress, checkpoints=unfinished)
    latest = panel.columns(model.feature_names).rows(panel.as_of == panel.as_of.max())
    bundle = Bundle.of(
        model,
        panel.features,
        config,
        first_day=timeline.first_day,
        cut=split.cut,
        backtest=None if result is None else result.to_json_dict(),
        rows=_rows(panel, result),
        contributions=contributions(model, latest.X, themes_of(latest.features, config.activity), spec.bands.horizon),
        reference=Reference.of(panel, model, split.cut, spec.monitor.reference_weeks),
    )
    version = registry.register(bundle)
    rivals = registry.waiting(spec.name, timeline.data_through, config.data_spec_hash, besides=version)
    found = turnover_against((*registry.champions(spec.name), *rivals), bundle, panel, timeline, config)
    turnover.keep(registry.root / spec.name / version, bundle.content_hash, found)
    unfinished.clear()
    return TrainingReport(version, model.n_rows, len(model.feature_names), model.pruning.n_candidates, result, why)


def turnover_against(
    rivals: Sequence[LoadedBundle], challenger: Bundle, panel: Panel, timeline: TimeLine, config: Config
) -> list[Turnover]:
    """How many of the challenger's watchlist of the panel's last day each of its rivals would not have had on it.

    Rivals are those it may be held against: champions, and versions that may become so before it is promoted. Both are
    calibrated on that day, as they would be to score it. Those that cannot score this panel are left out.
    """
    day = panel.rows(panel.as_of == panel.as_of.max())
    as_of, weeks = timeline.data_through, config.model.train.calibration_weeks
    k = config.churn.horizons.index(config.model.bands.horizon)

    def ranks(bundle: Bundle) -> np.ndarray:
        check_panel(day, bundle, config)
        calibrated = DailyCalibration(bundle.model, panel, timeline, weeks).on(as_of)
        return ranks_of(day, calibrated.risks_of(day, np.arange(len(day))), k)

    mine, found = ranks(challenger), []
    for rival in rivals:
        try:
            theirs = ranks(rival.bundle)
        except Refused:
            continue
        listed, new = turnover.count_new(mine, theirs, config.ops.capacity)
        found.append(Turnover(rival.version, rival.bundle.content_hash, as_of, len(day), listed, new))
    return found


def _rows(panel: Panel, result: BacktestResult | None) -> BacktestRows | None:
    """The rows of the backtest, to be kept with the model."""
    tested = None if result is None else result.tested
    return None if tested is None else BacktestRows.of(panel, tested.index, tested.risks)


def promote(
    config: Config, version: str | None, as_of: date | None, now: datetime, accept_turnover: bool = False,
    tell: Callable[[Gate], None] | None = None,
) -> list[str]:  # fmt: skip
    """Make a version (default: the newest made on or before ``as_of``) champion if the gate lets it; else `Refused`.

    ``accept_turnover`` and ``tell`` are those of `Registry.promote`. What the gate could not tell is told, too.

    A version made before the champion's own origin is left out of the default: it belongs to a backfill. So is one that was
    champion and was rolled back: the next day's job must not undo what a person did; only its own name brings it back.
    """
    registry, name = Registry.of(config), config.model.name
    history = registry.history(name)
    if version is None:
        known = _known_versions(registry, name, as_of)
        if not known:
            raise Refused(f"{name} has no version in {registry.root} to promote; train one with `fancare train`.")
        version = known[-1]
        if history and version != history[-1].version and version in {reign.version for reign in history}:
            return [
                f"{version} was champion and was taken back for {history[-1].version}, which keeps scoring until a newer version "
                f"is trained (`fancare promote --version {version}` makes that one champion again)"
            ]
    if history and version[:8] < history[-1].version[:8] and as_of is not None:
        return [f"{version} was made for a day before the champion {history[-1].version}: it scores that day, no other"]
    gates: list[Gate] = []

    def hear(gate: Gate) -> None:
        gates.append(gate)
        if tell is not None:
            tell(gate)

    passed = registry.promote(name, version, at=now, accept_turnover=accept_turnover, tell=hear)
    unknown = [f"{c.title('en')}: {c.text('en')}" for gate in gates for c in gate.checks if c.passed is None]
    return [f"champion: {name} {version}. {passed.text('en')}", *unknown]


def left_uncertified(config: Config, as_of: date) -> LoadedBundle | None:
    """The version that a job of ``as_of`` would promote, were its leakage checks not still to be run; None where there is none.

    A training that is killed before it certifies leaves such a one. Where there is no champion the job trains anyway.
    """
    registry, name = Registry.of(config), config.model.name
    history, known = registry.history(name), _known_versions(registry, name, as_of)
    if not history or not known:
        return None
    newest = known[-1]
    if newest in {reign.version for reign in history} or newest[:8] < history[-1].version[:8]:
        return None
    try:
        left = registry.load(name, newest)
    except Refused:  # a damaged one is promoted by nobody
        return None
    same = left.bundle.churn.data_spec_hash == config.data_spec_hash
    return left if same and awaits_certificate(left) else None


def _known_versions(registry: Registry, name: str, as_of: date | None) -> list[str]:
    """Versions made on or before ``as_of`` (None: all), oldest origin first, and of one origin the last trained last."""
    known = [v for v in registry.versions(name) if as_of is None or v[:8] <= f"{as_of:%Y%m%d}"]
    return sorted(known, key=lambda v: (v[:8], registry.registered_at(name, v)))
