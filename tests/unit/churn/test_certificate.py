"""No certificate, no promotion: what counts as one, and what it says."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace

import numpy as np
import pytest

from fancare import messages
from fancare.churn import certificate, certification
from fancare.churn.certificate import CERTIFICATE, CHECKS
from fancare.churn.certification import Certification, _of_features
from fancare.churn.sealed import sealed
from fancare.churn.training import promote, scoring_model
from fancare.errors import Refused
from fancare.events.altered_log import has_arrival
from fancare.panel.rebuilt import COHORT, BuiltDay, compare
from fancare.warehouse.duckdb_engine import Warehouse
from tests.drawn_certificate import NOW, certify, checks
from tests.drawn_model import drawn_backtest, drawn_bundle
from tests.drawn_panel import drawn_timeline

NAME = "drawn"


@pytest.fixture
def bundle(churn_model):
    return drawn_bundle(churn_model, backtest=drawn_backtest())


@pytest.fixture
def folder(registry, bundle):
    return registry.root / NAME / registry.register(bundle)


def test_without_a_certificate_nothing_is_promoted(config, registry, bundle, folder):
    with pytest.raises(
        Refused, match="has no leakage certificate, and without one nothing is promoted; run"
    ) as refused:
        promote(config, None, None, NOW)
    assert f"run `fancare certify --version {bundle.version}`" in str(refused.value)
    assert refused.value.exit_code == 13
    assert registry.champion(NAME) is None


def test_with_a_passing_certificate_it_is(config, registry, bundle, folder):
    certify(folder, bundle)
    promote(config, None, None, NOW)
    assert registry.champion(NAME).version == bundle.version
    assert certificate.read(folder).passed


def test_a_failed_certificate_is_refused_naming_check_and_feature(config, registry, bundle, folder):
    certify(folder, bundle, failed="future_scrambled", worst="events_7d")
    with pytest.raises(Refused, match=r"failed future_scrambled \(at 'events_7d'\); mend what leaks, train again"):
        promote(config, bundle.version, None, NOW)
    assert registry.champion(NAME) is None


def test_a_check_that_was_not_made_is_no_check_that_passed(bundle, folder):
    certificate.write(certificate.certified(bundle, checks()[:-1], NOW), folder)
    with pytest.raises(Refused, match="failed having all of its checks"):
        certificate.require(bundle, folder)


def test_a_certificate_of_other_content_does_not_count(registry, bundle, folder, churn_model):
    other = drawn_bundle(churn_model, backtest=drawn_backtest(0.9))
    certificate.write(certificate.certified(other, checks(), NOW), folder)
    with pytest.raises(
        Refused, match=r"is of other content than .* \(its content hash differs\); run `fancare certify"
    ):
        registry.promote(NAME, bundle.version, NOW)


def test_a_certificate_that_was_changed_is_refused(bundle, folder):
    path = certify(folder, bundle, failed="labels_ripe", worst="calibration labels")
    whole = path.read_bytes()
    changed = json.loads(whole)
    for check in changed["checks"]:
        check["status"] = "passed"
    for damaged in (json.dumps(changed).encode(), whole[:-20], b"", b"[]", b'{"sha256": 1}'):
        path.write_bytes(damaged)
        with pytest.raises(
            Refused, match=r"certificate\.json is damaged \(.*\); make it again with `fancare certify`\."
        ):
            certificate.require(bundle, folder)


def test_the_same_checks_at_the_same_time_give_the_same_bytes(bundle):
    one, other = (sealed(certificate.certified(bundle, checks(), NOW).to_dict()) for _ in range(2))
    assert one == other
    later = sealed(certificate.certified(bundle, checks(), datetime(2026, 7, 2, tzinfo=UTC)).to_dict())
    differing = [pair for pair in zip(one.splitlines(), later.splitlines(), strict=True) if pair[0] != pair[1]]
    assert [line.split(b":")[0].strip() for line, _ in differing] == [b'"certified_at"', b'"sha256"']


def test_what_is_written_is_read_and_can_be_written_again(bundle, folder):
    made = certificate.certified(bundle, checks("no_identity", "id_days"), NOW)
    certificate.write(made, folder)
    assert certificate.read(folder) == made
    again = certificate.certified(bundle, checks(), NOW)
    certificate.write(again, folder)
    assert certificate.read(folder) == again
    assert not list(folder.parent.glob(f".{CERTIFICATE}*"))


def test_a_certificate_makes_a_version_no_younger(registry, churn_model):
    """Of two versions of one day the last trained is promoted, whichever was certified last."""
    bundles = [drawn_bundle(churn_model, backtest=drawn_backtest(tabnet)) for tabnet in (0.80, 0.81)]
    for number, one in enumerate(bundles):
        registry.register(one)
        moment = datetime(2026, 7, 1, number, tzinfo=UTC).timestamp()
        os.utime(registry.root / NAME / one.version, (moment, moment))
    order = registry.versions(NAME)
    assert order == tuple(one.version for one in bundles)
    certify(registry.root / NAME / bundles[0].version, bundles[0])
    assert registry.versions(NAME) == order
    assert registry.load(NAME, bundles[0].version).bundle.content_hash == bundles[0].content_hash


def test_what_it_says_in_both_languages(bundle):
    passed = certificate.certified(bundle, checks(), NOW)
    assert (
        passed.sentence("en")
        == f"{bundle.version} passed all 5 leakage checks: nothing of the future went into the model."
    )
    assert "누출 검사 5개를 모두 통과했습니다" in passed.sentence("ko")
    undated = certificate.certified(bundle, checks(event_time_only=True), NOW)
    assert undated.passed
    assert "이벤트 시각 기준" in undated.sentence("ko")
    assert "by event time only" in undated.sentence("en")
    assert [check.told("ko")[1] for check in undated.checks] == ["통과", "이벤트 시각 기준", "통과", "통과", "통과"]
    failed = certificate.certified(bundle, checks("as_known_then", "recency_days"), NOW)
    assert failed.sentence("en").endswith("failed the leakage check 'as known then'; look first at recency_days.")


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_every_check_can_be_told(lang):
    told = [check.told(lang) for check in checks()]
    assert len({name for name, _, _ in told}) == len(CHECKS)
    assert "12,000" in told[0][2]
    assert str(date(2026, 5, 19)) in told[3][2]


def test_where_nothing_was_compared_nothing_passed():
    empty = BuiltDay(date(2026, 6, 1), (), (), ("events_7d",), np.empty((0, 1)))
    check = _of_features("future_scrambled", [compare(empty, empty)])
    assert (check.status, check.worst) == ("failed", COHORT)
    one = BuiltDay(date(2026, 6, 8), (("a", None),), (date(2026, 6, 7),), ("events_7d",), np.ones((1, 1)))
    assert _of_features("future_scrambled", [compare(empty, empty), compare(one, one)]).status == "passed"


def test_a_version_without_a_passing_certificate_scores_no_earlier_day_either(config, registry, churn_model):
    early, late = (
        drawn_bundle(replace(churn_model, origin=origin), backtest=drawn_backtest())
        for origin in (date(2026, 3, 30), date(2026, 4, 27))
    )
    home, versions = registry.root / NAME, [registry.register(bundle) for bundle in (early, late)]
    certify(home / versions[1], late)
    promote(config, versions[1], None, NOW)
    assert scoring_model(config, date(2026, 4, 1)) is None
    certify(home / versions[0], early)
    assert scoring_model(config, date(2026, 4, 1)).version == versions[0]


def test_a_version_is_tried_by_the_spec_it_was_made_with_and_not_under_another_definition(config, bundle, monkeypatch):
    monkeypatch.setattr(certification, "plan", lambda *_: SimpleNamespace(features=()))
    monkeypatch.setattr(certification, "read_panel", lambda *_: None)
    line = drawn_timeline()
    weeks = bundle.spec.train.calibration_weeks
    spec = replace(config.model, train=replace(config.model.train, calibration_weeks=weeks + 1))
    made = Certification.of(None, replace(config, model=spec), bundle, line)
    assert made.split == line.split_at(line.data_through, weeks)
    assert made.config.model == bundle.spec
    other = replace(config, churn=replace(config.churn, active_within_days=14))
    with pytest.raises(Refused, match="was trained on another definition of churn"):
        Certification.of(None, other, bundle, line)


@pytest.mark.parametrize(("arrived", "said"), [((), False), ((None, NOW), False), ((None,), False), ((NOW, NOW), True)])
def test_one_event_that_does_not_say_when_it_arrived_makes_it_event_time_only(arrived, said):
    with Warehouse.in_memory() as log:
        log.raw("CREATE TABLE events (arrived_at TIMESTAMP)")
        for moment in arrived:
            log.raw("INSERT INTO events VALUES ($at)", {"at": moment and moment.replace(tzinfo=None)})
        assert has_arrival(log) is said
