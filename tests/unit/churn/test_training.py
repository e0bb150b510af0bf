"""Which model scores a day, and which version a job may promote by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from fancare.churn.certificate import CERTIFICATE
from fancare.churn.registry import LoadedBundle
from fancare.churn.training import (
    left_uncertified,
    needs_training,
    off_weekday_as_ofs,
    promote,
    scoring_model,
    training_as_ofs,
    turnover_against,
)
from fancare.errors import NotEnoughHistory, Refused
from tests.drawn_certificate import certify
from tests.drawn_model import drawn_backtest, drawn_bundle, drawn_churn_model, drawn_config
from tests.drawn_panel import SMALL_MODEL, drawn_timeline

NAME = "drawn"
NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)
TODAY = date(2026, 6, 30)


@pytest.fixture
def three(churn_model):
    """Versions of April, May and June, each a little better than the one before."""
    return [
        drawn_bundle(churn_model, backtest=drawn_backtest(tabnet), origin=date(2026, month, 1))
        for month, tabnet in ((4, 0.80), (5, 0.81), (6, 0.82))
    ]


def champion(registry) -> str:
    return registry.champion(NAME).version


def test_a_job_promotes_the_newest_version_that_its_day_could_know(config, registry, three):
    april, may, june = map(registry.register, three)
    promote(config, None, date(2026, 5, 20), NOW)
    assert champion(registry) == may
    promote(config, None, TODAY, NOW)
    assert champion(registry) == june
    assert april not in {reign.version for reign in registry.history(NAME)}


def test_of_one_day_the_version_trained_last_is_promoted(config, registry, churn_model):
    for tabnet in (0.80, 0.83, 0.81, 0.82):
        last = registry.register(drawn_bundle(churn_model, backtest=drawn_backtest(tabnet)))
    promote(config, None, TODAY, NOW)
    assert champion(registry) == last


def test_a_rollback_is_not_undone_by_the_next_days_job(config, registry, three):
    _, may, june = (registry.register(bundle) for bundle in three)
    for version in (may, june):
        promote(config, version, None, NOW)
    registry.rollback(NAME, NOW)
    for as_of in (TODAY, None):
        (told,) = promote(config, None, as_of, NOW)
        assert told.startswith(f"{june} was champion and was taken back for {may}, which keeps scoring")
        assert champion(registry) == may
    promote(config, june, None, NOW)
    assert champion(registry) == june, "by its own name it comes back"


def test_what_the_gate_could_not_tell_is_told_to_who_promotes(config, registry, three):
    april, may, _ = map(registry.register, three)
    first = promote(config, april, None, NOW)
    assert first[1:] == [
        "stable reasons (top five between seeds): whether its reasons depend on the seed cannot be told: that takes two seeds"
    ], "a first champion turns no list over"
    heard = []
    second = promote(config, may, None, NOW, tell=heard.append)
    assert second[0].startswith(f"champion: drawn {may}. ")
    assert second[2].startswith("watchlist turnover by the model alone: how much of the watchlist it alone turns over is not")
    assert [gate.challenger for gate in heard] == [may]


def test_after_a_rollback_a_newer_version_is_promoted(config, registry, three):
    april, may = map(registry.register, three[:2])
    for version in (april, may):
        promote(config, version, None, NOW)
    registry.rollback(NAME, NOW)
    june = registry.register(three[2])
    promote(config, None, TODAY, NOW)
    assert champion(registry) == june
    assert registry.rollback(NAME, NOW) == april


def test_a_backfills_version_never_becomes_champion(config, registry, three):
    april, _, june = map(registry.register, three)
    promote(config, june, None, NOW)
    (told,) = promote(config, None, date(2026, 4, 10), NOW)
    assert told == f"{april} was made for a day before the champion {june}: it scores that day, no other"
    assert champion(registry) == june


def test_what_a_killed_training_left_is_what_a_job_would_promote(config, registry, three):
    april, may, june = map(registry.register, three)

    def left(as_of: date = TODAY) -> str | None:
        found = left_uncertified(config, as_of)
        return None if found is None else found.version

    def certificate(version: str) -> Path:
        return registry.root / NAME / version / CERTIFICATE

    certificate(june).unlink()
    assert left() is None, "without a champion the job trains"
    promote(config, may, None, NOW)
    assert left() == june
    assert left(date(2026, 5, 20)) is None, "the newest that day could know is the champion"
    certificate(april).unlink()
    assert left(date(2026, 4, 20)) is None, "before the champion's day: a backfill's"
    certificate(june).write_text("{")
    assert left() == june, "a damaged certificate says nothing"
    certificate(june).unlink()
    certify(registry.root / NAME / june, three[2], failed="future_scrambled", worst="recency_days")
    assert left() is None, "failed is an answer: it is not tried every day"
    certificate(may).unlink()
    certificate(june).unlink()
    certify(registry.root / NAME / june, three[2])
    promote(config, june, None, NOW)
    registry.rollback(NAME, NOW)
    certificate(june).unlink()
    assert left() is None, "taken back by a person"


def test_nothing_to_promote_is_refused(config):
    with pytest.raises(Refused, match=r"drawn has no version in .* to promote; train one"):
        promote(config, None, TODAY, NOW)


def test_a_day_is_scored_by_its_own_champion_or_by_a_version_that_it_could_know(config, registry, three):
    april, may, june = map(registry.register, three)
    assert scoring_model(config, TODAY) is None, "registered is not promoted"
    assert needs_training(config, TODAY)
    for version in (may, june):
        promote(config, version, None, NOW)
    assert scoring_model(config, TODAY).version == june
    assert scoring_model(config, date(2026, 5, 31)).version == may
    before = scoring_model(config, date(2026, 4, 15))
    assert (before.version, before.verdict.code) == (april, "gate.passed")
    assert scoring_model(config, date(2026, 3, 31)) is None
    assert needs_training(config, date(2026, 3, 31))


def test_off_weekdays_are_other_days_of_the_folds_and_fully_mature():
    line = drawn_timeline(22)
    folds = line.folds(2, 2, 2)
    days = off_weekday_as_ofs(line, SMALL_MODEL)
    assert len(days) == len(folds)
    for day, fold in zip(days, folds, strict=True):
        assert fold.test_as_ofs[0] < day < fold.test_as_ofs[-1]
        assert day.weekday() != line.data_through.weekday()
        assert day + timedelta(28) <= line.data_through
    assert set(training_as_ofs(line, SMALL_MODEL)) == {*line.weekly_as_ofs(), *days}


def test_with_history_for_a_model_but_for_no_fold_there_are_no_other_weekdays():
    line = drawn_timeline(14)
    with pytest.raises(NotEnoughHistory):
        line.folds(1, 9, 2)
    spec = replace(SMALL_MODEL, backtest=replace(SMALL_MODEL.backtest, test_weeks=9))
    assert off_weekday_as_ofs(line, spec) == ()
    assert training_as_ofs(line, spec) == line.weekly_as_ofs()
    with pytest.raises(NotEnoughHistory, match="labels over 28 days with 2 weeks of calibration are ripe from"):
        training_as_ofs(drawn_timeline(6), spec)


def test_a_watchlist_is_compared_on_the_last_day_with_both_as_they_would_score_it(churn_model, panel, tmp_path):
    """Against oneself nothing is new; against one that ranks the other way round nearly all is; one that cannot is left out."""
    line = drawn_timeline()
    config = drawn_config(tmp_path)
    config = replace(config, ops=replace(config.ops, capacity=10))
    challenger = drawn_bundle(churn_model)
    day = panel.as_of == panel.as_of.max()
    upside_down = replace(panel, X=np.where(np.arange(panel.X.shape[1]) == 0, 27 - panel.X, panel.X).astype(np.float32))
    other = drawn_bundle(drawn_churn_model(upside_down))
    alien = drawn_bundle(churn_model, config=drawn_config(tmp_path, active_within_days=14))
    champions = [LoadedBundle(bundle, bundle.version, tmp_path) for bundle in (challenger, alien, other)]
    same, turned = turnover_against(champions, challenger, panel, line, config)
    assert (same.n_cohort, same.n_listed, same.n_new, same.as_of) == (day.sum(), 10, 0, line.data_through)
    assert (same.champion, same.champion_hash) == (challenger.version, challenger.content_hash)
    assert turned.champion_hash == other.content_hash
    assert turned.n_new >= 5
