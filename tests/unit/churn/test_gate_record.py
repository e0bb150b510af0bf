"""What the gate said stays with the version: who let it in, who was refused, whatever came after."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from fancare.churn.admission import admission
from fancare.churn.gate_record import FILE, Answer, keep, read
from fancare.churn.promotion import judge
from fancare.errors import Refused, WarehouseError
from tests.drawn_model import drawn_backtest, drawn_bundle

NAME = "drawn"
NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)


@pytest.fixture
def three(churn_model):
    """Versions of April, May and June; June is much worse than May."""
    figures = ((4, {"tabnet": 0.80}), (5, {"tabnet": 0.81}), (6, {"tabnet": 0.72, "width": 0.01}))
    return [
        drawn_bundle(churn_model, backtest=drawn_backtest(**of), origin=date(2026, month, 1)) for month, of in figures
    ]


def test_who_was_let_in_and_who_was_refused_since(registry, three):
    april, may, june = map(registry.register, three)
    registry.promote(NAME, april, NOW)
    registry.promote(NAME, may, NOW + timedelta(1))
    when = registry.registered_at(NAME, june)
    with pytest.raises(Refused, match="over the recency rule, the champion's was"):
        registry.promote(NAME, june, NOW + timedelta(2))
    found = admission(registry, NAME, may)
    assert (found.let_in.version, found.let_in.champion, found.let_in.let_in) == (may, april, True)
    assert found.let_in.at == "2026-07-02T09:00:00+00:00"
    assert (found.refused.version, found.refused.champion, found.refused.let_in) == (june, may, False)
    (barred,) = [check for check in found.refused.checks if check.keeps_out]
    assert barred.name == "not_worse"
    assert barred.sentence["ko"].endswith("허용 0.0050보다 크게 나빠짐")
    assert {check.name for check in found.let_in.checks} == {
        "certificate", "above_chance", "above_recency", "calibrated", "reasons", "not_worse", "turnover",
    }  # fmt: skip
    assert all(check.sentence["ko"] and check.sentence["en"] for check in found.let_in.checks)
    assert registry.registered_at(NAME, june) == when, "the order of versions is not the gate's"
    assert registry.load(NAME, june).version == june, "the bundle is untouched"


def test_after_a_rollback_it_is_the_answer_that_once_let_it_in(registry, three):
    april, may, _ = map(registry.register, three)
    registry.promote(NAME, april, NOW)
    registry.promote(NAME, may, NOW)
    with pytest.raises(Refused):
        registry.promote(NAME, registry.register(three[2]), NOW)
    registry.rollback(NAME, NOW)
    found = admission(registry, NAME, april)
    assert (found.let_in.version, found.let_in.champion, found.let_in.binding) == (april, None, False)
    assert found.refused is None, "June was refused for May's sake, and May was let in"


def test_nothing_on_record_or_a_damaged_record_is_no_answer(registry, three):
    april = registry.register(three[0])
    assert read(registry.root / NAME / april) == ()
    assert admission(registry, NAME, april).let_in is None
    registry.promote(NAME, april, NOW)
    path = registry.root / NAME / april / FILE
    told = json.loads(path.read_text(encoding="utf-8"))
    told["answers"][0]["let_in"] = False
    path.write_text(json.dumps(told))
    with pytest.raises(
        Refused, match=r"gate.json is damaged or another version's; remove it, the next promotion writes"
    ):
        read(path.parent)
    assert admission(registry, NAME, april).let_in is None


def test_judged_again_the_newer_answer_stands_and_those_on_other_champions_stay(registry, three):
    folder = registry.root / NAME / registry.register(three[1])
    alone, against = judge(three[1], None), judge(three[1], three[0])
    for gate, day in ((alone, 0), (against, 1), (against, 2)):
        keep(folder, Answer.of(gate, NOW + timedelta(day)))
    assert [(one.champion, one.at[:10]) for one in read(folder)] == [
        (None, "2026-07-01"),
        (three[0].version, "2026-07-03"),
    ]
    assert not list(folder.parent.glob(".gate.json*"))


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path, three):
    with pytest.raises(WarehouseError, match=r"gate.json cannot be written .*; check disk space and permissions"):
        keep(tmp_path / "gone", Answer.of(judge(three[0], None), NOW))
