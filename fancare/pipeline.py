"""The main job as a list of stages: what each reads and writes, in the order they run.

    source ─▶ ingest ─▶ check ─▶ build ─▶ cohort ─▶ train ─▶ certify ─▶ promote ─▶ score ─▶ monitor ─▶
    watchlist ─▶ report

Tables and the registry are all that passes between stages, so any stage may run again, be killed or be backfilled.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from fancare.config import Config
from fancare.errors import ConfigError, DataQualityError, NotEnoughHistory, Refused
from fancare.job import Job

if TYPE_CHECKING:
    from fancare.churn.backtest_result import BacktestResult
    from fancare.churn.ceiling import Truth
    from fancare.churn.certificate import Certificate
    from fancare.churn.feature_study import FeatureStudy
    from fancare.churn.learning_curve import LearningCurve
    from fancare.churn.monitored import Monitoring
    from fancare.churn.pruning import Pruning
    from fancare.panel.cycles.study import CycleStudy
    from fancare.panel.gate import Panel
    from fancare.reports.label_audit import Audit


@dataclass(frozen=True)
class Stage:
    """One step: its name, what it reads and writes, and what runs; that returns closing lines for the operator."""

    name: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    run: Callable[[Job], Sequence[str]]


def run(job: Job, stages: Sequence[Stage]) -> None:
    """Run the stages in order; their closing lines are in ``job.told`` and, at the end, in `runs`."""
    for stage in stages:
        job.progress.say(f"{stage.name} …")
        job.told[stage.name] = list(stage.run(job))


def ingest(job: Job) -> Sequence[str]:
    """New files of the source into events and activity_daily; only changed days are rebuilt."""
    from fancare.events.ingest import ingest as open_door

    report = open_door(job.warehouse, job.config, job.now, job.progress, rebuild=job.rebuild)
    job.changed_days = report.changed_days
    return report.lines()


def check(job: Job) -> Sequence[str]:
    """The verdict on the log; red stops here with a sentence."""
    from fancare.events.quality import check as judge

    report = judge(job.warehouse, job.config, job.extent, job.now, job.changed_days)
    if report.verdict == "red":
        job.told["check"] = list(report.lines())
        raise DataQualityError(report.sentence)
    return report.lines()


def build(job: Job) -> Sequence[str]:
    """Cohort, labels and features of every day that the job needs: to score it and to calibrate it, or all of them to train."""
    from fancare.churn.training import calibration_as_ofs, needs_training, training_as_ofs
    from fancare.panel.build import build as build_days

    as_ofs = {job.as_of, *calibration_as_ofs(job.timeline, job.config.model)}
    if job.all_days or job.retrain or needs_training(job.config, job.as_of):
        as_ofs |= set(training_as_ofs(job.timeline, job.config.model))
    report = build_days(job.warehouse, job.config, sorted(as_ofs), job.as_of, job.progress)
    current = report.asked - len(report.built)
    return (
        f"{report.n_rows:,} rows × {len(report.features)} features over {report.asked} {'day' if report.asked == 1 else 'days'} "
        f"({len(report.built)} built, {current} current)",
    )


def cohort(job: Job) -> Sequence[str]:
    """How many are at risk on the day to score; with nobody there is nothing to train or score for."""
    entity, within = job.config.churn.entity, job.config.churn.active_within_days
    n = job.warehouse.value(
        "SELECT COUNT(*) FROM cohort WHERE entity = @entity AND as_of = @as_of", {"entity": entity, "as_of": job.as_of}
    )
    if not n:
        raise Refused(
            f"No {entity} is at risk as of {job.as_of}: none had an event named {', '.join(job.config.activity)} in the "
            f"{within} days before; see [events] and [churn] active_within_days, or give an earlier day with --as-of."
        )
    return (f"{n:,} {entity}s at risk as of {job.as_of}",)


def train(job: Job) -> Sequence[str]:
    """Backtest, then a model made on ``as_of``, into the registry; skipped while a model can score."""
    from fancare.churn import training

    if not (job.retrain or training.needs_training(job.config, job.as_of)):
        return ("a model is there (--retrain trains a challenger)",)
    made = training.train(job.warehouse, job.config, job.timeline, job.progress)
    job.trained = made.version
    return made.lines()


def certify(job: Job) -> Sequence[str]:
    """The leakage certificate of what this job trained, or an earlier one left without; none passing, no promotion."""
    from fancare.churn.training import left_uncertified

    started = time.process_time()
    if job.trained is None:
        left = left_uncertified(job.config, job.as_of)
        return () if left is None else _certify_left(job, left.version, left.bundle.interval.origin)
    made, _ = certificate(job, job.trained)
    return (made.sentence("en"), f"{time.process_time() - started:.0f} CPU seconds")


def _certify_left(job: Job, version: str, origin: date) -> Sequence[str]:
    """Certify a version on the day it was made, then put the tables back to this job's day. What hinders it is a warning."""
    told = [f"{version} was left without a certificate by a job that did not end: this one certifies it"]
    then = replace(job, asked_as_of=origin, all_days=True)
    try:
        build(then)
        made, _ = certificate(then, version)
        told.append(made.sentence("en"))
        job.trained = version
    except (Refused, NotEnoughHistory) as reason:
        told.append(f"warning: {reason}")
    if origin != job.as_of:
        build(job)
    return told


def promote(job: Job) -> Sequence[str]:
    """What this job trained or certified becomes champion if the gate lets it; a refused one leaves the champion scoring."""
    from fancare.churn.training import promote as promote_version

    if job.trained is None:
        return ()
    try:
        return promote_version(job.config, None, job.as_of, job.now)
    except Refused as refused:
        return (f"warning: {refused}",)


def score(job: Job) -> Sequence[str]:
    """The champion's risks of the day's cohort into risk_scores, with reasons; what looks wrong is refused as a whole."""
    from fancare.churn.scoring import score_day

    lines = score_day(job.warehouse, job.config, job.as_of, job.now, job.progress)
    job.results["risk table"] = f"{job.warehouse.location}, table risk_scores, as_of {job.as_of}"
    return lines


def monitor(job: Job) -> Sequence[str]:
    """Is the model still right: what has moved since training, and what became of earlier risks."""
    from fancare.reports.monitor_words import closing_lines

    return closing_lines(monitoring(job))


def watchlist(job: Job) -> Sequence[str]:
    """The rows that people can act on, as table and CSV."""
    from fancare.reports.watchlist import build as build_watchlist

    listed = build_watchlist(job.warehouse, job.config, job.as_of)
    job.results["watchlist"] = str(listed.csv)
    return listed.lines("en")


def report(job: Job) -> Sequence[str]:
    """One self-contained HTML page."""
    from fancare.churn.admission import admission
    from fancare.churn.registry import Registry
    from fancare.churn.scoring import told_contributions
    from fancare.churn.training import scoring_model
    from fancare.reports import gate_words
    from fancare.reports.page import write

    loaded = scoring_model(job.config, job.as_of)
    backtest, contributions = (loaded.bundle.backtest, told_contributions(loaded.bundle)) if loaded else (None, None)
    cannot_say = None if loaded is None or loaded.can_say else (loaded.verdict.text("ko"), loaded.verdict.text("en"))
    out = job.config.resolve(job.config.ops.output) / f"report_{job.as_of}.html"
    registry, name = Registry.of(job.config), job.config.model.name
    answers = None if loaded is None else admission(registry, name, loaded.version)
    gate = None if answers is None else gate_words.read(answers, job.config.platform.timezone)
    write(job.warehouse, job.config, job.as_of, backtest, contributions, out, cannot_say, gate)
    job.results["report page"] = str(out)
    return ()


def certificate(job: Job, version: str) -> tuple[Certificate, Path]:
    """The leakage certificate of a version made on the job's day, written beside it; needs the build of its training days."""
    from fancare.churn.certification import certify_version

    return certify_version(job.warehouse, job.config, version, job.timeline, job.now, job.progress)


def monitoring(job: Job) -> Monitoring:
    """What the monitor finds on the job's day, into drift and performance; the day must be scored."""
    from fancare.churn.monitor import monitor as look

    found = look(job.warehouse, job.config, job.timeline)
    job.results["monitoring"] = f"{job.warehouse.location}, tables drift and performance, as_of {job.as_of}"
    return found


def backtest(job: Job, truth: Truth | None = None) -> BacktestResult:
    """The backtest of the config's model on the built tables; ``truth`` gives a simulated platform's ceiling."""
    from fancare.churn.training import run_backtest, weekly_panel

    panel = weekly_panel(job.warehouse, job.config, job.timeline, job.progress)
    return run_backtest(job.warehouse, job.config, job.timeline, panel, job.progress, truth)


def read_truth(job: Job, path: Path) -> Truth:
    """A simulated platform's true risks, for this job's entity and horizons; `ConfigError` where the file has none."""
    from fancare.churn.ceiling import Truth

    return Truth(path, job.config.churn.horizons, job.config.churn.entity)


def features(job: Job, compare: bool) -> tuple[Pruning, Panel, FeatureStudy | None]:
    """Which candidate features a model made now keeps, their panel, and where asked what pruning is worth."""
    from fancare.churn.feature_study import compare as compare_sets
    from fancare.churn.training import candidates_pruned, weekly_panel
    from fancare.reports.features import write_csv

    panel = weekly_panel(job.warehouse, job.config, job.timeline, job.progress)
    pruning = candidates_pruned(job.config, job.timeline, panel)
    out = job.config.resolve(job.config.ops.output) / f"features_{job.as_of}.csv"
    job.results["features"] = str(write_csv(pruning, panel.features, out))
    study = compare_sets(panel, job.timeline, job.config.model, job.progress) if compare else None
    return pruning, panel, study


def learning_curve(job: Job, folds: int, repeats: int, page: Path | None = None) -> LearningCurve:
    """What more weeks and more entities would buy, on the backtest's last ``folds`` folds, and its page."""
    from fancare.churn.learning_curve import measure
    from fancare.churn.training import weekly_panel
    from fancare.reports.learning_curve import write

    panel = weekly_panel(job.warehouse, job.config, job.timeline, job.progress)
    curve = measure(panel, job.timeline, job.config.model, folds, repeats, job.progress)
    out = page or job.config.resolve(job.config.ops.output) / f"learning_curve_{job.as_of}.html"
    job.results["curve page"] = str(write(curve, job.config, out))
    return curve


def audited_horizon(config: Config, asked: int | None) -> int:
    """The horizon to audit: as asked, else that of the bands; `ConfigError` where the config does not have it."""
    horizon = config.model.bands.horizon if asked is None else asked
    if horizon not in config.churn.horizons:
        raise ConfigError(
            f"--horizon {horizon} was given; [churn] horizons are {', '.join(map(str, config.churn.horizons))}: give one of them."
        )
    return horizon


def audit(job: Job, rows: int, horizon: int, out: Path | None = None) -> Audit:
    """The backtest's rows on which model and label disagree most, with what the log knows of each, as CSV."""
    from fancare.churn.label_audit import disagreements
    from fancare.churn.training import run_backtest, weekly_panel
    from fancare.reports.label_audit import audit as look

    panel = weekly_panel(job.warehouse, job.config, job.timeline, job.progress)
    tested = run_backtest(job.warehouse, job.config, job.timeline, panel, job.progress).tested
    assert tested is not None  # a backtest that ran says which rows it tested
    found = disagreements(panel, tested, horizon, rows)
    path = out or job.config.resolve(job.config.ops.output) / f"label_audit_{job.as_of}.csv"
    looked = look(job.warehouse, job.config, found, job.as_of, path)
    job.results["label audit"] = str(looked.csv)
    return looked


def cycles(job: Job, page: Path | None = None) -> CycleStudy:
    """The study of activity cycles on the job's day, into own_rhythm, own_rhythm_labels and a page."""
    from fancare.panel.cycles.study import study
    from fancare.reports.cycles import write

    job.progress.say("cycles …")
    found = study(job.warehouse, job.config, job.as_of, job.progress)
    out = page or job.config.resolve(job.config.ops.output) / f"cycles_{job.as_of}.html"
    job.results["own rhythms"] = f"{job.warehouse.location}, table own_rhythm, as_of {job.as_of}"
    job.results["cycles page"] = str(write(found, job.config, out))
    return found


INGEST = Stage("ingest", ("source files",), ("events", "identity_links", "activity_daily"), ingest)
CHECK = Stage("check", ("events", "activity_daily"), ("quality_checks",), check)
BUILD = Stage("build", ("activity_daily", "identity_links"), ("cohort", "labels", "features"), build)
COHORT = Stage("cohort", ("cohort",), (), cohort)
TRAIN = Stage("train", ("labels", "features"), ("registry",), train)
CERTIFY = Stage("certify", ("registry", "events", "features"), ("registry",), certify)
PROMOTE = Stage("promote", ("registry",), ("registry",), promote)
SCORE = Stage("score", ("features", "registry"), ("risk_scores", "risk_reasons"), score)
MONITOR = Stage("monitor", ("risk_scores", "features", "registry", "activity_daily"), ("drift", "performance"), monitor)
WATCHLIST = Stage("watchlist", ("risk_scores", "risk_reasons", "activity_daily"), ("watchlist", "CSV"), watchlist)
SHOWN = ("risk_scores", "risk_reasons", "watchlist", "drift", "performance", "activity_daily")
REPORT = Stage("report", SHOWN, ("HTML",), report)

MAIN_JOB = (INGEST, CHECK, BUILD, COHORT, TRAIN, CERTIFY, PROMOTE, SCORE, MONITOR, WATCHLIST, REPORT)
