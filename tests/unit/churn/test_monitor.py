"""Findings over monitored days: seen once is amber, again is red; reruns, versions and later days do not count."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from fancare.churn import monitor
from fancare.churn.monitor import scoring_version
from fancare.churn.monitored import Finding, Moved
from fancare.churn.stability import FrozenBins
from fancare.config import load
from fancare.errors import Refused
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import DRIFT, PERFORMANCE
from tests.report_tables import config, put

LAST = date(2026, 6, 30)
V1, V2 = "20260601-aaaaaaaa", "20260615-bbbbbbbb"


def monitored(
    made: Warehouse, back: int, drifted: int = 0, score: bool = False, ranking: str = "kept", level: str = "kept",
    version: str = V1, of: int = 20,
) -> None:
    """What a run on the day ``back`` before the last wrote: ``drifted`` of so many features, whether the risks did, outcomes."""
    about = {"entity": "creator", "as_of": LAST - timedelta(back), "model_name": "creator_churn", "model_version": version}
    for table in (DRIFT, PERFORMANCE):
        made.create(table)
        made.raw(f'DELETE FROM "{table.name}" WHERE as_of = $day', {"day": about["as_of"]})
    names = [("feature", f"f{i}", i < drifted) for i in range(of)] + [("score", "risk_14d", score)]
    put(made, DRIFT, [
        about | {"kind": kind, "name": name, "meaning_ko": "변수", "meaning_en": "feature", "n": 50,
                 "psi": 0.3, "psi_by_chance": 0.1, "psi_of_weeks": 0.1, "bound": 0.25,
                 "undefined_before": 0.0, "undefined_now": 0.0, "verdict": "drifted" if moved else "stable"}
        for kind, name, moved in names
    ])  # fmt: skip
    put(made, PERFORMANCE, [
        about | {"is_pooled": pooled, "first_scored": about["as_of"], "last_scored": about["as_of"], "horizon": 14, "n": 50,
                 "churn_rate": 0.2, "mean_risk": 0.2, "ece": 0.01, "log_loss": 0.5, "watchlist_n": 0,
                 "ranking": ranking if pooled else "broken", "level": level}
        for pooled in (True, False)
    ])  # fmt: skip


def found(made: Warehouse, folder: Path, back: int = 0) -> list[tuple[str, int, str]]:
    return [(f.code, f.in_a_row, f.state) for f in monitor.findings(made, config(folder), LAST - timedelta(back))]


@pytest.fixture
def made():
    with Warehouse.in_memory() as warehouse:
        yield warehouse


def test_seen_once_is_amber_and_again_is_red(made, tmp_path):
    monitored(made, 1, score=True)
    monitored(made, 0, score=True)
    assert found(made, tmp_path, back=1) == [("score", 1, "amber")]
    assert found(made, tmp_path) == [("score", 2, "red")]


def test_a_rerun_of_the_same_day_counts_once(made, tmp_path):
    for _ in range(3):
        monitored(made, 0, score=True)
    assert found(made, tmp_path) == [("score", 1, "amber")]


def test_a_good_day_in_between_starts_the_count_anew(made, tmp_path):
    for back, score in ((3, True), (2, True), (1, False), (0, True)):
        monitored(made, back, score=score)
    assert found(made, tmp_path) == [("score", 1, "amber")]


def test_days_need_not_be_neighbours_a_run_is_a_monitored_day(made, tmp_path):
    monitored(made, 9, level="broken")
    monitored(made, 0, level="broken")
    assert found(made, tmp_path) == [("level", 2, "red")]


def test_a_new_version_starts_the_count_anew(made, tmp_path):
    monitored(made, 1, score=True, version=V1)
    monitored(made, 0, score=True, version=V2)
    assert found(made, tmp_path) == [("score", 1, "amber")]


def test_a_backfill_does_not_see_later_days(made, tmp_path):
    for back in (2, 1, 0):
        monitored(made, back, ranking="broken")
    assert found(made, tmp_path, back=2) == [("ranking", 1, "amber")]
    assert found(made, tmp_path, back=7) == []


def test_each_finding_is_counted_by_itself(made, tmp_path):
    monitored(made, 1, level="broken")
    monitored(made, 0, level="broken", score=True)
    assert found(made, tmp_path) == [("level", 2, "red"), ("score", 1, "amber")]


def test_features_are_a_finding_when_more_of_them_drifted_than_may(made, tmp_path):
    monitored(made, 1, drifted=1)  # a twentieth, which may
    assert found(made, tmp_path, back=1) == []
    monitored(made, 0, drifted=2)
    assert found(made, tmp_path) == [("features", 1, "amber")]


def test_single_days_are_shown_and_not_judged(made, tmp_path):
    monitored(made, 0)  # its days are broken, its window is not
    assert found(made, tmp_path) == []


def test_how_many_runs_it_takes_is_the_model_specs(made, tmp_path):
    settings = config(tmp_path)
    (tmp_path / "mine.toml").write_text('name = "creator_churn"\nentity = "creator"\n[monitor]\nruns_in_a_row = 3\n')
    text = settings.path.read_text()
    settings.path.write_text(text.replace('entity = "creator"', 'entity = "creator"\nmodel = "mine.toml"'))
    for back, state in ((2, "amber"), (1, "amber"), (0, "red")):
        monitored(made, back, score=True)
        (one,) = monitor.findings(made, load(settings.path), LAST - timedelta(back))
        assert one == Finding("score", 0, 3 - back, state)


def test_the_bound_is_the_largest_of_three():
    week = np.repeat(np.arange(4), 500)
    random = np.random.default_rng(0)
    steady, restless = random.normal(size=2000), random.normal(size=2000) + week
    now = random.normal(size=500)
    assert Moved.of(7, FrozenBins.of(steady, week), now, 0.25).bound == 0.25
    assert Moved.of(7, FrozenBins.of(steady, week), now[:20], 0.25).bound > 1
    bins = FrozenBins.of(restless, week)
    assert Moved.of(7, bins, now, 0.25).bound == bins.largest_week > 1


def test_a_day_that_was_not_scored_is_refused(made, tmp_path):
    with pytest.raises(Refused, match=r"creator_churn has not scored 2026-06-30, so there is nothing to monitor; score that"):
        scoring_version(made, config(tmp_path), LAST)
