"""The gate: arrays in a fixed order, holes as NaN where a feature is undefined, an error where a day was never built."""

from __future__ import annotations

import numpy as np
import pytest

from fancare.errors import WarehouseError
from fancare.panel.build import build, plan
from fancare.panel.gate import read_panel
from fancare.warehouse.duckdb_engine import Warehouse
from tests.drawn_log import config, day, events, warehouse
from tests.drawn_panel import feature

AS_OFS = [day(n) for n in (40, 47, 54)]
ROWS = [
    *events("b", "x..x..x" * 9),
    *events("a", "x" * 42),
    *events("g", "x......" * 9, event="message", creator="b"),
    *events("f", "x......" * 9, event="message", creator="b"),
    *events("f", "..x...." * 9, event="message", creator="a"),
]


@pytest.fixture(scope="module")
def held():
    with warehouse(ROWS) as made:
        for entity in ("creator", "room", "fan"):
            build(made, config(entity), AS_OFS, day(62))
        yield made


def panel(held: Warehouse, entity: str, **more: object):
    chosen = config(entity)
    return read_panel(held, chosen, AS_OFS, plan(held, chosen, day(62)).features, **more)


def test_rows_are_oldest_first_and_by_id_within_a_day(held):
    read = read_panel(held, config("room"), AS_OFS[::-1], plan(held, config("room"), day(62)).features)
    assert list(zip(read.as_of, read.creator_id, read.fan_id, strict=True)) == [
        (np.datetime64(d), c, f) for d in AS_OFS for c, f in (("a", "f"), ("b", "f"), ("b", "g"))
    ]
    assert list(read.entity_ids[:3]) == ["a/f", "b/f", "b/g"]


@pytest.mark.parametrize(
    ("entity", "clusters"), [("creator", [["a", "b"]]), ("fan", [["f", "g"]]), ("room", [["a", "b"], ["f", "g"]])]
)
def test_clusters_are_the_creators_the_fans_or_for_rooms_both(held, entity, clusters):
    read = panel(held, entity)
    assert [sorted(set(ids)) for ids in read.clusters] == clusters
    assert (read.creator_id is None, read.fan_id is None) == (entity == "fan", entity == "creator")


def test_arrays_have_their_shapes_types_and_values(held):
    read = panel(held, "creator")
    n = len(read)
    assert n == 6
    assert read.X.shape == (n, len(read.features))
    assert (read.X.dtype, read.churned.dtype, read.days_until_return.dtype) == (np.float32,) * 3
    assert (
        read.feature_names
        == tuple(name for name in held.columns_of("features_creator") if not name.endswith("_id"))[1:]
    )
    recency = dict(zip(read.entity_ids, read.columns(["recency_days"]).X[:2, 0], strict=False))
    assert recency == {"a": 0, "b": 2}
    a = read.entity_ids == "a"
    assert read.churned[a].tolist()[0][:2] == [0, 0]
    assert read.days_until_return[a][0] == 1


def test_undefined_features_and_immature_labels_are_nan_and_nothing_else_is(held):
    read = panel(held, "creator")
    mature = read.as_of[:, None] + np.array([7, 14, 28], dtype="timedelta64[D]") <= np.datetime64(day(62))
    assert (np.isnan(read.churned) == ~mature).all()
    holes = {read.feature_names[j] for j in np.flatnonzero(np.isnan(read.X).any(axis=0))}
    (nulls,) = held.arrow(
        "SELECT " + ", ".join(f"COUNTIF(`{n}` IS NULL) AS `{n}`" for n in read.feature_names) + " FROM features_creator"
    ).to_pylist()
    assert holes == {name for name, n in nulls.items() if n}


def test_without_labels_all_of_them_are_nan(held):
    read = panel(held, "fan", with_labels=False)
    assert np.isnan(read.churned).all()
    assert np.isnan(read.days_until_return).all()
    assert np.array_equal(read.X, panel(held, "fan").X, equal_nan=True)


def test_columns_come_in_the_order_asked_for(held):
    chosen = panel(held, "creator").columns(["tenure_days", "recency_days"])
    assert chosen.feature_names == ("tenure_days", "recency_days")
    assert chosen.X[0].tolist() == [40, 0]
    with pytest.raises(KeyError, match="nothing"):
        chosen.columns(["nothing"])


def test_rows_keep_everything_in_step(held):
    read = panel(held, "room")
    some = read.rows(np.array([8, 0]))
    assert (list(some.entity_ids), list(some.as_of)) == (
        ["b/g", "a/f"],
        [np.datetime64(day(54)), np.datetime64(day(40))],
    )
    assert np.array_equal(some.X, read.X[[8, 0]], equal_nan=True)
    assert len(read.rows(read.fan_id == "g")) == 3


def test_a_day_that_was_never_built_is_an_error(held):
    with pytest.raises(
        WarehouseError, match=f"'creator' was asked for {day(61)} and 1 more that are not built; run `fancare build`"
    ):
        read_panel(held, config(), [day(54), day(61), day(62)], plan(held, config(), day(62)).features)


def test_a_feature_that_was_never_built_is_an_error(held):
    with pytest.raises(WarehouseError, match="asked for 'nothing' and 0 more"):
        read_panel(held, config(), AS_OFS, [feature("recency_days"), feature("nothing")])


def test_an_entity_that_was_never_built_is_an_error():
    with warehouse(ROWS) as made, pytest.raises(WarehouseError, match=f"'fan' was asked for {day(40)}"):
        read_panel(made, config("fan"), AS_OFS, ())


def test_a_day_on_which_nobody_was_at_risk_is_no_hole():
    with warehouse([*events("a", "x"), *events("a", "." * 59 + "x")]) as made:
        days = [day(0), day(49), day(59)]
        features = build(made, config(), days, day(60)).features
        assert list(read_panel(made, config(), days, features).as_of) == [np.datetime64(day(n)) for n in (0, 59)]
