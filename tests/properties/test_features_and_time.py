"""Laws that hold for any log: features see only the past as it was known, labels only the future, and the fast build
agrees with the readable daily query in every cell."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from fancare.panel.build import build
from fancare.warehouse.duckdb_engine import Warehouse
from tests.daily_oracle import oracle
from tests.drawn_log import config, day, warehouse

NO_SHRINK = (Phase.explicit, Phase.reuse, Phase.generate)  # a build takes half a second: shrinking would take minutes
LAST = 130
AS_OFS = (60, 88, 95, 102)
ENTITIES = ("creator", "room", "fan")
HOSTILE = ("message", "donation", "room_enter", "x'; DROP TABLE events; --", "방 입장 💜", "")


@st.composite
def logs(draw: st.DrawFn) -> list[dict]:
    """Rows of two creators and three fans over 130 days, some late, some re-attributed, some with hostile names."""
    rows = {}
    for _ in range(draw(st.integers(5, 60))):
        n = draw(st.integers(0, LAST))
        late = draw(st.sampled_from((0, 0, 0, 1, 9)))
        if draw(st.booleans()):
            row = {"day": n, "creator": draw(st.sampled_from("ab")), "event": draw(st.sampled_from(("broadcast", "visit")))}
        else:
            row = {
                "day": n, "fan": draw(st.sampled_from(("f", "g", "$device:1"))), "event": draw(st.sampled_from(HOSTILE)),
                "creator": draw(st.sampled_from(("a", "b", None))),
            }  # fmt: skip
            if row["event"] == "donation":
                row["amount"] = draw(st.sampled_from((100, 2500, 100000)))
        row |= {"known": n + late, "n": draw(st.integers(1, 4))}
        if row.get("fan") == "$device:1":  # on day 90 it turns out to be f
            person = row | {"fan": "f", "known": max(row["known"], 90)}
            if row["known"] < 90:
                rows[_key(row)] = row | {"until": 90}
            row = person
        rows[_key(row)] = row
    return list(rows.values())


def _key(row: dict) -> tuple:
    return tuple(row.get(k) for k in ("day", "creator", "fan", "event", "known"))


@dataclass(frozen=True)
class Built:
    features: dict[tuple, dict[str, float | None]]
    labels: dict[tuple, tuple]


def built(rows: list[dict], entity: str, as_ofs: tuple[int, ...] = AS_OFS, through: int = LAST, **more: object) -> Built:
    made = warehouse(rows, [("$device:1", "f", 90)])
    chosen = config(entity)
    build(made, chosen, [day(n) for n in as_ofs], day(through), **more)  # type: ignore[arg-type]
    return Built(_cells(made, f"features_{entity}", entity), _labels(made))


def _cells(made: Warehouse, table: str, entity: str) -> dict[tuple, dict[str, float | None]]:
    ids = {"creator": ("creator_id",), "room": ("creator_id", "fan_id"), "fan": ("fan_id",)}[entity]
    return {
        (row["as_of"], *(row[k] for k in ids)): {n: v for n, v in row.items() if n not in ("as_of", "creator_id", "fan_id")}
        for row in made.arrow(f"SELECT * FROM {table}").to_pylist()
    }


def _labels(made: Warehouse) -> dict[tuple, tuple]:
    return {tuple(row[:4]): tuple(row[4:]) for row in made.rows("SELECT * FROM labels")}


def assert_same(left: dict[str, float | None], right: dict[str, float | None], where: object) -> None:
    assert left.keys() == right.keys(), (where, left.keys() ^ right.keys())
    for name, value in left.items():
        other = right[name]
        if value is None or other is None:
            same = value is other
        else:
            same = math.isclose(value, other, rel_tol=1e-9, abs_tol=1e-9)
        assert same, f"{name} of {where}: {value} against {other}"


@pytest.mark.parametrize("entity", ENTITIES)
@given(rows=logs())
@settings(max_examples=10, phases=NO_SHRINK)
def test_the_fast_build_agrees_with_the_daily_query_in_every_cell(entity: str, rows: list[dict]) -> None:
    rows = [*rows, {"day": 70, "fan": "f", "creator": "b", "event": "donation", "amount": 5, "known": 70}]
    rows += [{"day": 71, "creator": "a", "event": "broadcast", "known": 71}]
    made, chosen = warehouse(rows, [("$device:1", "f", 90)]), config(entity)
    as_ofs = [day(n) for n in (*AS_OFS, 97)]  # another weekday too
    build(made, chosen, as_ofs, day(LAST))
    fast, slow = _cells(made, f"features_{entity}", entity), oracle(made, chosen, as_ofs)
    assert fast.keys() == slow.keys()
    for where, cells in fast.items():
        expected = {name: value for name, value in slow[where].items() if name in cells}
        assert_same(cells, expected, where)


@pytest.mark.parametrize("entity", ENTITIES)
@given(rows=logs(), later=logs())
@settings(max_examples=6, phases=NO_SHRINK)
def test_nothing_after_as_of_changes_a_feature(entity: str, rows: list[dict], later: list[dict]) -> None:
    cut = AS_OFS[-2]
    future = [row | {"known": max(row["known"], cut + 1)} for row in later if row["known"] > cut or row["day"] > cut]
    future = [row for row in future if "until" not in row]
    known = [row for row in rows if _key(row) not in {_key(f) for f in future}]
    before = built(known, entity, AS_OFS[:-1], known_on=day(cut)).features
    after = built(known + future, entity, AS_OFS[:-1], known_on=day(cut)).features
    assert before.keys() == after.keys()
    for where in before:
        assert_same(before[where], after[where], where)


@pytest.mark.parametrize("entity", ENTITIES)
@given(rows=logs(), other=logs())
@settings(max_examples=6, phases=NO_SHRINK)
def test_nothing_up_to_as_of_changes_a_label(entity: str, rows: list[dict], other: list[dict]) -> None:
    as_of = AS_OFS[1]
    future = [row for row in rows if row["day"] > as_of]
    one, two = (
        built([r for r in past if r["day"] <= as_of] + future, entity, (as_of,)).labels for past in (rows, other)
    )
    for where in one.keys() & two.keys():
        assert one[where] == two[where], where


@pytest.mark.parametrize("entity", ENTITIES)
@given(rows=logs(), through=st.integers(AS_OFS[0], LAST))
@settings(max_examples=6, phases=NO_SHRINK)
def test_a_label_is_null_exactly_while_immature_and_longer_horizons_imply_shorter(
    entity: str, rows: list[dict], through: int
) -> None:
    asked = tuple(n for n in AS_OFS if n <= through)
    made = built(rows, entity, asked, through)
    for (_, _, _, as_of), (days_until_return, *churned) in made.labels.items():
        mature = [h for h in (7, 14, 28) if as_of + timedelta(h) <= day(through)]
        assert [label is not None for label in churned] == [h in mature for h in (7, 14, 28)]
        assert days_until_return is None or days_until_return <= max(mature)
        for h, label in zip((7, 14, 28), churned, strict=True):
            assert label is None or label == (days_until_return is None or days_until_return > h)
        known = [label for label in churned if label is not None]
        assert known == sorted(known, reverse=True)  # churned for longer implies churned for shorter


@pytest.mark.parametrize("entity", ENTITIES)
@given(rows=logs())
@settings(max_examples=5, phases=NO_SHRINK)
def test_a_day_built_alone_to_be_scored_has_the_features_it_had_in_training(entity: str, rows: list[dict]) -> None:
    training = built(rows, entity).features
    for n in AS_OFS:
        alone = built(rows, entity, (n,)).features
        assert alone.keys() == {where for where in training if where[0] == day(n)}
        for where, cells in alone.items():
            assert_same(cells, training[where], where)


@given(rows=logs(), seed=st.randoms())
@settings(max_examples=5, phases=NO_SHRINK)
def test_the_order_of_rows_changes_nothing(rows: list[dict], seed) -> None:
    shuffled = rows[:]
    seed.shuffle(shuffled)
    one, two = built(rows, "creator"), built(shuffled, "creator")
    assert one.labels == two.labels
    assert one.features.keys() == two.features.keys()
    for where, cells in one.features.items():
        assert_same(cells, two.features[where], where)


def test_every_cohort_row_has_features_and_a_label_row() -> None:
    rows = [{"day": n, "creator": c, "event": "broadcast"} for n in range(0, 100, 9) for c in "ab"]
    made = built(rows, "creator")
    assert {(k[0], k[1]) for k in made.features} == {(k[3], k[1]) for k in made.labels}
    assert len(made.features) == len(made.labels) == 2 * len(AS_OFS)
