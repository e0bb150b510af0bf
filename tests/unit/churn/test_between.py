"""What is asked beside the horizons, and that nothing of it is served."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from fancare.churn.between import away_between, days_between
from fancare.churn.certification import _last_label
from fancare.churn.tabnet import TabNetChain
from fancare.dates import OriginSplit
from tests.drawn_panel import SMALL, drawn_panel
from tests.unit.churn.test_tabnet import bits, world

NAN = np.nan


@pytest.mark.parametrize(
    ("horizons", "between"),
    [((7, 14, 28), (3, 10, 21)), ((1, 2, 3), ()), ((2, 30), (1, 16)), ((5,), (2,)), ((1, 3), (2,))],
)
def test_days_lie_strictly_between(horizons, between):
    assert days_between(horizons) == between


def test_answers_end_by_the_cut():
    panel = drawn_panel(n_entities=2, weeks=3)
    days = np.array(["2026-03-01", "2026-03-10", "2026-03-20", "2026-03-29"], dtype="datetime64[D]")
    panel = replace(panel.rows(np.arange(4)), as_of=days, days_until_return=np.array([4, 3, NAN, 1], dtype=np.float32))
    split = OriginSplit(origin=date(2026, 4, 30), cut=date(2026, 3, 31), training={}, calibration={})
    found = away_between(panel, np.array([3, 0, 1, 2]), split)
    np.testing.assert_array_equal(found, [[NAN, NAN, NAN], [1, 0, 0], [0, 0, 0], [1, 1, NAN]])


def test_the_network_that_is_served_answers_for_the_horizons_alone():
    X, churned = world(300)
    until = np.random.default_rng(1).integers(0, 2, size=(300, 3)).astype(np.float32)
    until[:40] = NAN
    asked = TabNetChain.fit(X, churned, SMALL, between=until)
    assert asked.link_logits(X).shape == (300, 3)
    assert asked.networks[0].net.output_dim == 3
    assert TabNetChain.from_state(asked.config(), asked.state()).link_logits(X).tobytes() == asked.link_logits(X).tobytes()
    plain = TabNetChain.fit(X, churned, SMALL)
    assert {name: array.shape for name, array in asked.state().items()} == {n: a.shape for n, a in plain.state().items()}
    assert bits(asked) != bits(plain)
    np.testing.assert_array_equal(asked.base, plain.base)


def test_a_day_on_which_all_are_away_teaches_nothing():
    """Its base rate says it all; as a task it would pull the shared layers towards certainty."""
    X, churned = world(300)
    one = TabNetChain.fit(X, churned, SMALL, between=np.ones((300, 1), np.float32))
    other = TabNetChain.fit(X, churned, SMALL, between=np.full((300, 1), NAN, np.float32))
    assert bits(one) == bits(other)


def test_what_days_between_teach_helps_where_labels_say_little():
    """Horizons at which nearly all return: the days between tell who is slower, which is the same order."""
    generator = np.random.default_rng(3)
    X = generator.normal(size=(600, 6)).astype(np.float32)
    until = generator.geometric(1 / (1 + np.exp(0.6 + 1.2 * X[:, 0])))
    churned = (until[:, None] > np.array([14, 28])).astype(np.float32)
    between = (until[:, None] > np.array([1, 3, 5, 8])).astype(np.float32)
    spec = replace(SMALL, epochs=6, min_updates=60, seeds=(0, 1, 2))
    fresh = generator.normal(size=(2_000, 6)).astype(np.float32)

    def follows(chain: TabNetChain) -> float:
        return float(np.corrcoef(chain.link_logits(fresh)[:, 0], fresh[:, 0])[0, 1])

    assert follows(TabNetChain.fit(X, churned, spec, between=between)) > follows(TabNetChain.fit(X, churned, spec))


def test_the_certificate_looks_at_the_days_between_too():
    panel = drawn_panel(n_entities=2, weeks=3)
    used = np.zeros((len(panel), 3), dtype=bool)
    used[0] = [True, True, False]
    every = np.arange(len(panel))
    assert _last_label(panel, every, used, days_between(panel.horizons)) == panel.as_of[0].item() + timedelta(10)
    assert _last_label(panel, every, used) == panel.as_of[0].item() + timedelta(14)
    assert _last_label(panel, every, np.zeros_like(used)) == date.min
