from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from fancare.churn.selection import calibration_rows, known_columns, training_rows
from fancare.errors import NotEnoughHistory
from fancare.modelspec import TrainSpec
from tests.drawn_panel import HORIZONS, drawn_panel, drawn_timeline, feature

SPEC = TrainSpec(calibration_weeks=2)


@pytest.fixture
def drawn():
    line = drawn_timeline(16)
    return drawn_panel(n_entities=10, weeks=16), line.split_at(line.data_through, 2)


def day(text: np.datetime64) -> date:
    return text.astype(object)


def test_training_labels_end_by_the_cut_horizon_by_horizon(drawn):
    panel, split = drawn
    rows = training_rows(panel, split, SPEC)
    for number, labels in zip(rows.index, rows.churned, strict=True):
        for label, known, h in zip(labels, panel.churned[number], HORIZONS, strict=True):
            ends = day(panel.as_of[number]) + timedelta(h)
            assert np.isnan(label) if ends > split.cut else label == known


def test_the_cut_is_before_every_calibration_row(drawn):
    panel, split = drawn
    recent = calibration_rows(panel, split.calibration)
    assert panel.as_of[recent.index].min() == np.datetime64(split.cut)
    assert not set(training_rows(panel, split, SPEC).index) & set(recent.index)


def test_each_horizon_is_calibrated_on_its_most_recent_ripe_weeks(drawn):
    panel, split = drawn
    recent = calibration_rows(panel, split.calibration)
    as_of = panel.as_of[recent.index]
    for k, h in enumerate(HORIZONS):
        chosen = sorted(set(as_of[recent.mask[:, k]].astype(object)))
        assert chosen == list(split.calibration[h])
        assert chosen[-1] == split.origin - timedelta(h)  # the grid ends on the origin here
    assert (recent.mask_at_risk <= recent.mask).all()
    assert recent.mask_at_risk[:, 2].sum() == np.sum(recent.mask[:, 2] & (recent.churned[:, 1] == 1))


def test_a_row_of_the_slice_without_a_label_calibrates_nothing(drawn):
    panel, split = drawn
    first = np.flatnonzero(panel.as_of == np.datetime64(split.cut))[0]
    churned = panel.churned.copy()
    churned[first] = np.nan
    recent = calibration_rows(replace(panel, churned=churned), split.calibration)
    assert not recent.mask[recent.index == first].any()
    assert recent.mask.sum(axis=0).tolist() == [20, 20, 19]


def test_at_most_so_many_rows_evenly_over_the_weeks(drawn):
    panel, split = drawn
    weeks = len(split.training_as_ofs)
    rows = training_rows(panel, split, replace(SPEC, max_rows=3 * weeks))
    _, counts = np.unique(panel.as_of[rows.index], return_counts=True)
    assert counts.tolist() == [3] * weeks
    short = panel.rows(~((panel.as_of == panel.as_of[0]) & (np.arange(len(panel)) > 0)))  # one row left in week 1
    rows = training_rows(short, split, replace(SPEC, max_rows=3 * weeks))
    _, counts = np.unique(short.as_of[rows.index], return_counts=True)
    assert counts[0] == 1
    assert counts.sum() == 3 * weeks
    assert set(counts[1:]) <= {3, 4}


def test_weeks_draw_different_entities(drawn):
    panel, split = drawn
    rows = training_rows(panel, split, replace(SPEC, max_rows=3 * len(split.training_as_ofs)))
    assert len(set(panel.creator_id[rows.index])) > 5


def test_the_order_of_the_panel_does_not_matter(drawn):
    panel, split = drawn
    shuffled = panel.rows(np.random.default_rng(0).permutation(len(panel)))
    spec = replace(SPEC, max_rows=20)
    a, b = training_rows(panel, split, spec), training_rows(shuffled, split, spec)
    assert (panel.as_of[a.index] == shuffled.as_of[b.index]).all()
    assert (panel.creator_id[a.index] == shuffled.creator_id[b.index]).all()
    np.testing.assert_array_equal(a.churned, b.churned)


def test_history_weeks_keeps_the_newest(drawn):
    panel, split = drawn
    rows = training_rows(panel, split, replace(SPEC, history_weeks=5))
    assert sorted(set(panel.as_of[rows.index].astype(object))) == list(split.training_as_ofs[-5:])


def test_event_names_first_seen_after_the_origin_have_no_column(drawn):
    panel, split = drawn
    later = split.origin + timedelta(1)
    features = (
        panel.features[0], feature("old", first_known=split.origin), feature("new", first_known=later), panel.features[3]
    )  # fmt: skip
    assert known_columns(replace(panel, features=features), split).tolist() == [0, 1, 3]


def test_one_entity_only_is_one_sentence(drawn):
    panel, split = drawn
    with pytest.raises(NotEnoughHistory, match=r"training rows are of one creator, 'e000'; .* two or more"):
        training_rows(panel.rows(panel.creator_id == "e000"), split, SPEC)


def test_no_usable_label_is_one_sentence(drawn):
    panel, split = drawn
    with pytest.raises(NotEnoughHistory, match=rf"none of the 20 rows .* has a label that ends by {split.cut}"):
        training_rows(panel.rows(panel.as_of > panel.as_of[-21]), split, SPEC)


def test_a_horizon_without_a_label_is_one_sentence(drawn):
    """Three weeks of history hold no 28-day label that ends by the cut: that link would be a coin toss for everyone."""
    panel, split = drawn
    with pytest.raises(
        NotEnoughHistory, match=rf"label over 28 days that ends by {split.cut} .*history_weeks = 3; 0 takes all"
    ):
        training_rows(panel, split, replace(SPEC, history_weeks=3))


def test_rooms_are_told_apart_whatever_slashes_their_ids_hold(drawn):
    """Two rooms that both read a/b/c: they are two entities, and the order of the panel has no say in what is drawn."""
    _, split = drawn
    rooms = drawn_panel(n_entities=2, weeks=16, entity="room")
    first = rooms.fan_id == "e000"
    rooms = replace(
        rooms,
        creator_id=np.where(first, "a", "a/b").astype(object),
        fan_id=np.where(first, "b/c", "c").astype(object),
    )
    assert set(rooms.entity_ids) == {"a/b/c"}
    spec = replace(SPEC, max_rows=5)
    there, back = training_rows(rooms, split, spec), training_rows(rooms.rows(np.arange(len(rooms))[::-1]), split, spec)
    assert (len(rooms) - 1 - back.index).tolist() == there.index.tolist()
