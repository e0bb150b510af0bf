"""The definition behind an earlier score is taken from its version, or it is said that it cannot be."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from fancare.churn.bundle import ChurnDefinition
from fancare.churn.past_definition import definition_of
from fancare.config import Config, PlatformConfig
from fancare.errors import Refused
from tests.drawn_model import drawn_bundle, drawn_config

DAY = date(2026, 5, 1)


@pytest.fixture(scope="module")
def bundle(churn_model):
    return drawn_bundle(churn_model)


def changed(now: Config, **events: tuple[str, ...]) -> Config:
    return replace(now, events=replace(now.events, **events))


def test_without_a_change_it_is_todays(bundle):
    assert definition_of(bundle, drawn_config(), DAY) == drawn_config()


@pytest.mark.parametrize(
    "now",
    [
        changed(drawn_config(), creator_activity=("broadcast", "photo")),
        changed(drawn_config(), fan_activity=("message", "donation"), revenue=("donation",)),
        drawn_config(active_within_days=14),
    ],
)
def test_the_lists_and_the_days_at_risk_of_then_come_back(bundle, now):
    then = definition_of(bundle, now, DAY)
    assert then.data_spec_hash == drawn_config().data_spec_hash != now.data_spec_hash
    assert (then.events, then.churn) == (drawn_config().events, drawn_config().churn)
    assert (then.model, then.warehouse) == (now.model, now.warehouse)


@pytest.mark.parametrize(
    ("now", "what"),
    [
        (replace(drawn_config(), platform=PlatformConfig("UTC")), r"\[platform\] timezone"),
        (changed(drawn_config(), creator_acts=("broadcast", "photo")), r"\[events\] creator_acts"),
    ],
)
def test_a_log_that_was_read_otherwise_is_gone(bundle, now, what):
    with pytest.raises(
        Refused, match=f"The score of 2026-05-01 by {bundle.version} was made from a log read with another {what}"
    ):
        definition_of(bundle, now, DAY)


def test_a_definition_survives_being_kept(bundle, tmp_path):
    from dataclasses import asdict

    assert ChurnDefinition.from_dict(asdict(bundle.churn)) == bundle.churn
