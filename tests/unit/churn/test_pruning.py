import json
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fancare.churn.pruning import Pruning, overlap, prune
from fancare.modelspec import PruneSpec

SPEC = PruneSpec(max_features=60)
WEEKS = np.array([np.datetime64("2026-01-04") + np.timedelta64(7 * w, "D") for w in range(12)])


def world(n: int = 3000, seed: int = 0):
    """(signal (n,), labels (n, 3), days (n,)): the larger the signal, the longer away."""
    random = np.random.default_rng(seed)
    signal = random.normal(size=n)
    until = random.geometric(1 / (1 + np.exp(2.2 + 1.2 * signal)))
    return signal, (until[:, None] > np.array([7, 14, 28])).astype(np.float32), np.repeat(WEEKS, n // 12)


def pruned(columns: dict[str, np.ndarray], churned, as_of, spec: PruneSpec = SPEC) -> Pruning:
    return prune(list(columns), np.column_stack(list(columns.values())).astype(np.float32), churned, as_of, spec)


def reasons(found: Pruning) -> dict[str, str]:
    return {d.feature: d.reason for d in found.dropped}


def test_each_reason_is_found_and_named():
    signal, churned, as_of = world()
    random = np.random.default_rng(1)
    n, newest = len(signal), as_of >= WEEKS[8]
    found = pruned(
        {
            "signal": signal,
            "weaker": signal + random.normal(size=n),
            "signal_doubled": 2 * signal + 1,
            "nothing": np.zeros(n),
            "hardly_anything": (np.arange(n) == 5).astype(float),
            "tells_the_future": churned[:, 1] + 0.01 * random.normal(size=n),
            "turns": np.where(newest, -signal, signal) + 0.3 * random.normal(size=n),
            "moves": random.choice([-1, 1], size=n) * (1 + 2 * newest) + 0.1 * random.normal(size=n),
            "of_the_week": random.normal(size=12)[np.searchsorted(WEEKS, as_of)] + 0.1 * random.normal(size=n),
        },
        churned, as_of,
    )  # fmt: skip
    assert found.kept == ("signal", "weaker")
    assert found.ranked()[0] == "signal"
    assert reasons(found) == {
        "signal_doubled": "duplicate",
        "nothing": "constant",
        "hardly_anything": "constant",
        "tells_the_future": "leaking",
        "turns": "unstable",
        "moves": "unstable",
        "of_the_week": "too_few_weeks",
    }
    assert found.counts() == {
        "constant": 2, "duplicate": 1, "leaking": 1, "unstable": 2, "too_few_weeks": 1, "useless": 0, "beyond_best": 0,
    }  # fmt: skip
    (double,) = [d for d in found.dropped if d.reason == "duplicate"]
    assert double.like == "signal"
    assert double.figure == pytest.approx(1, abs=1e-5)
    (leak,) = [d for d in found.dropped if d.reason == "leaking"]
    assert leak.figure > 0.95


def test_most_of_what_is_no_better_than_chance_goes():
    signal, churned, as_of = world()
    random = np.random.default_rng(7)
    found = pruned(
        {"signal": signal} | {f"noise_{i}": random.normal(size=len(signal)) for i in range(40)}, churned, as_of
    )
    assert found.ranked()[0] == "signal"
    assert found.counts()["useless"] >= 24
    assert set(reasons(found).values()) == {"useless"}


def test_what_is_about_the_whole_platform_is_kept_where_weeks_are_many():
    """The level of a week decides who comes back in it: 12 weeks cannot tell, 40 can."""
    random = np.random.default_rng(6)
    for weeks, kept in ((12, False), (40, True)):
        of = np.repeat(np.arange(weeks), 150)
        level = random.normal(size=weeks)[of]
        until = random.geometric(1 / (1 + np.exp(2.2 + 1.2 * level)))
        churned = (until[:, None] > np.array([7, 14, 28])).astype(np.float32)
        columns = {"level": level, "other": random.normal(size=len(of)) + 0.5 * level}
        found = pruned(columns, churned, WEEKS[0] + of * np.timedelta64(7, "D"))
        assert ("level" in found.kept) == kept
        assert "other" in found.kept


def test_of_two_that_say_the_same_the_earlier_record_stays():
    signal, churned, as_of = world()
    close = signal + 0.01 * np.random.default_rng(2).normal(size=len(signal))
    assert pruned({"a": signal, "b": close}, churned, as_of).kept == ("a",)
    assert pruned({"b": close, "a": signal}, churned, as_of).kept == ("b",)


def test_the_best_are_those_that_add_something():
    """A copy with some noise is more important by itself than a weak second cause, and adds less."""
    random = np.random.default_rng(3)
    n = 6000
    strong, weak = random.normal(size=(2, n))
    until = random.geometric(1 / (1 + np.exp(2.2 + 1.5 * strong + 0.7 * weak)))
    churned = (until[:, None] > np.array([7, 14, 28])).astype(np.float32)
    columns = {"strong": strong, "nearly_strong": strong + 0.25 * random.normal(size=n), "weak": weak}
    found = pruned(columns, churned, np.repeat(WEEKS, n // 12), PruneSpec(max_features=2))
    assert found.kept == ("strong", "weak")
    assert reasons(found) == {"nearly_strong": "beyond_best"}


def test_with_nothing_to_go_by_one_candidate_is_left():
    _, churned, as_of = world(600)
    found = pruned({"a": np.zeros(600), "b": np.ones(600)}, churned, as_of)
    assert found.kept == ("a",)
    random = np.random.default_rng(4)
    assert len(pruned({f"n{i}": random.normal(size=600) for i in range(5)}, churned, as_of).kept) >= 1


def test_unknown_labels_are_no_outcome():
    signal, churned, as_of = world()
    columns = {"signal": signal, "noise": np.random.default_rng(5).normal(size=len(signal))}
    churned[as_of > WEEKS[7], 2] = np.nan
    churned[as_of > WEEKS[9]] = np.nan
    assert pruned(columns, churned, as_of).ranked()[0] == "signal"
    assert pruned(columns, churned, as_of, PruneSpec(max_features=1)).kept == ("signal",)


def test_zero_keeps_all():
    signal, churned, as_of = world(600)
    assert pruned({"a": signal, "b": signal}, churned, as_of, PruneSpec(max_features=0)).kept == ("a", "b")


@settings(max_examples=8)
@given(seed=st.integers(0, 2**32 - 1), most=st.integers(1, 8))
def test_every_candidate_is_kept_or_dropped_and_never_more_than_asked(seed, most):
    random = np.random.default_rng(seed)
    churned = (random.random((240, 1)) < 0.5) * np.array([[1.0, 0.0]]) + 0.0
    X = {f"f{i}": random.normal(size=240) * random.integers(0, 2) for i in range(10)}
    found = pruned(X, churned, np.repeat(WEEKS, 20), PruneSpec(max_features=most))
    assert sorted([*found.kept, *(d.feature for d in found.dropped)]) == sorted(X)
    assert 1 <= len(found.kept) <= max(most, 1)
    assert Pruning.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_overlap_is_the_share_of_all_that_both_kept():
    one, other = Pruning.none(["a", "b", "c"]), Pruning.none(["b", "c", "d"])
    assert overlap(one, other) == pytest.approx(0.5)
    assert overlap(one, one) == 1


@pytest.mark.parametrize(("n", "missing"), [(60, 0.0), (120, 0.0), (700, 0.9)])
def test_few_rows_still_find_what_decides(n, missing):
    """Too few rows for trees, or only few with the longest horizon: the signal, the last of 21 columns, is found all the same."""
    random = np.random.default_rng(8)
    signal = random.normal(size=n)
    until = random.geometric(1 / (1 + np.exp(2.2 + 1.6 * signal)))
    churned = (until[:, None] > np.array([7, 14, 28])).astype(np.float32)
    churned[random.random(n) < missing, 2] = np.nan
    columns = {f"noise_{i}": random.normal(size=n) for i in range(20)} | {"signal": signal}
    assert pruned(columns, churned, WEEKS[np.arange(n) % 12]).ranked()[0] == "signal"


def test_one_horizon_is_learned_without_a_word():
    signal, churned, as_of = world(1200)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = pruned({"noise": np.random.default_rng(9).normal(size=1200), "signal": signal}, churned[:, :1], as_of)
    assert found.ranked()[0] == "signal"


def test_two_weeks_are_too_few_for_what_tells_the_weeks_apart():
    signal, churned, _ = world(1200)
    as_of = WEEKS[np.arange(1200) % 2]
    week = (np.arange(1200) % 2).astype(float) + 0.01 * np.random.default_rng(10).normal(size=1200)
    assert reasons(pruned({"signal": signal, "week": week}, churned, as_of)) == {"week": "too_few_weeks"}
