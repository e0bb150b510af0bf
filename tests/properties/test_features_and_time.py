"""Laws that hold for any log: features see only the past as it was known, labels only the future, and the fast build
agrees with the readable daily query in every cell."""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from fancare.panel.build import build
from fancare.panel.feature import Feature
from fancare.warehouse.duckdb_engine import Warehouse
from tests.daily_oracle import KEYS, oracle
from tests.drawn_histories import LAST, LINKS, histories, key_of, visible
from tests.drawn_log import config, day, fill
from tests.small_log import bring_in, event, write_config, write_jsonl

NO_SHRINK = (Phase.explicit, Phase.reuse, Phase.generate)  # shrinking would take minutes
AS_OFS = (60, 88, 95, 102)
ENTITIES = ("creator", "room", "fan")
HORIZONS = (7, 14, 28)
ACTIVITY = {"creator": ("broadcast",), "room": ("message", "donation"), "fan": ("message", "donation")}

Cells = dict[tuple, dict[str, float | None]]


@dataclass(frozen=True)
class Built:
    """Tables of one build as dictionaries: by (as_of, ids …)."""

    features: Cells
    labels: dict[tuple, tuple]
    records: tuple[Feature, ...]


@cache
def shared() -> Warehouse:
    """One warehouse for all examples; each empties what it uses."""
    return Warehouse.in_memory()


def built(
    rows: list[dict], entity: str, as_ofs: tuple[int, ...] = AS_OFS, through: int = LAST, known_on: int | None = None
) -> Built:
    made = shared()
    fill(made, rows, LINKS)
    for name in ("builds", "cohort", "labels", f"features_{entity}"):
        made.raw(f'DROP TABLE IF EXISTS "{name}"')
    known = None if known_on is None else day(known_on)
    report = build(made, config(entity), [day(n) for n in as_ofs], day(through), known_on=known)
    return Built(_cells(made, entity), _labels(made, entity), report.features)


def _cells(made: Warehouse, entity: str) -> Cells:
    ids = KEYS[entity]
    return {
        (row["as_of"], *(row[k] for k in ids)): {
            n: v for n, v in row.items() if n not in ("as_of", "creator_id", "fan_id")
        }
        for row in made.arrow(f"SELECT * FROM features_{entity}").to_pylist()
    }


def _labels(made: Warehouse, entity: str) -> dict[tuple, tuple]:
    keys = ", ".join(KEYS[entity])
    n = len(KEYS[entity]) + 1
    found = made.rows(f"SELECT as_of, {keys}, days_until_return, churned_7d, churned_14d, churned_28d FROM labels")
    return {row[:n]: row[n:] for row in found}


def assert_same(left: Cells, right: Cells) -> None:
    """The same rows with the same cells."""
    assert left.keys() == right.keys()
    for where, cells in left.items():
        assert cells.keys() == right[where].keys()
        for name, value in cells.items():
            other = right[where][name]
            same = (
                value is other
                if value is None or other is None
                else math.isclose(value, other, rel_tol=1e-9, abs_tol=1e-9)
            )
            assert same, f"{name} of {where}: {value} against {other}"


def ids_of(row: dict, entity: str) -> tuple | None:
    """Whose activity a row is; None if nobody's of this entity."""
    ids = tuple(row.get(k.removesuffix("_id")) for k in KEYS[entity])
    return None if None in ids or row["event"] not in ACTIVITY[entity] else ids


def cohort_of(rows: list[dict], entity: str, as_of: int) -> set[tuple]:
    """The cohort as one would read it off the rows."""
    return {
        ids for row in rows
        if (ids := ids_of(row, entity)) and as_of - 28 < row["day"] <= as_of and visible(row, as_of)
    }  # fmt: skip


def label_of(rows: list[dict], entity: str, ids: tuple, as_of: int, through: int) -> tuple:
    """Days until the return and who had churned, as one would read it off the rows."""
    known = [alias for alias in LINKS if alias[0] == ids[-1] and alias[2] <= through]
    person = (*ids[:-1], max(known, key=lambda link: link[2])[1]) if known else ids
    mature = [h for h in HORIZONS if as_of + h <= through]
    gaps = [
        row["day"] - as_of for row in rows if visible(row, through) and ids_of(row, entity) in (ids, person)
        and as_of < row["day"] <= as_of + max(mature, default=0)
    ]  # fmt: skip
    back = min(gaps, default=None)
    return back, *((back is None or back > h) if h in mature else None for h in HORIZONS)


@pytest.mark.parametrize("entity", ENTITIES)
@given(rows=histories())
@settings(max_examples=12, phases=NO_SHRINK)
def test_the_fast_build_agrees_with_the_daily_query_in_every_cell(entity: str, rows: list[dict]) -> None:
    as_ofs = (*AS_OFS, 90, 97)  # another weekday too, and the day of a link
    fast = built(rows, entity, as_ofs)
    slow = oracle(shared(), config(entity), [day(n) for n in as_ofs])
    columns = [record.name for record in fast.records]
    assert_same(fast.features, {where: {name: cells[name] for name in columns} for where, cells in slow.items()})


@pytest.mark.parametrize("entity", ENTITIES)
@given(rows=histories(most=40), later=histories(most=40))
@settings(max_examples=8, phases=NO_SHRINK)
def test_nothing_after_as_of_changes_a_feature(entity: str, rows: list[dict], later: list[dict]) -> None:
    """Later is what happened later, arrived later, or counts under another id later."""
    cut, as_ofs = 88, (60, 81, 88)
    known = [row for row in rows if row["known"] <= cut]
    future = {key_of(row): row for row in later if row["known"] > cut}
    unended = [row | {"until": None} if (row.get("until") or 0) > cut else row for row in known]
    before = built(unended, entity, as_ofs, through=cut)
    after = built([*known, *future.values()], entity, as_ofs, known_on=cut)
    assert_same(before.features, after.features)


@pytest.mark.parametrize("entity", ENTITIES)
@given(rows=histories(most=40), other=histories(most=40))
@settings(max_examples=8, phases=NO_SHRINK)
def test_nothing_up_to_as_of_changes_a_label(entity: str, rows: list[dict], other: list[dict]) -> None:
    as_of = 88
    future = [row for row in rows if row["day"] > as_of]
    everybody = _active_on(as_of - 3)
    one, two = (
        built(
            [r for r in past if r["day"] <= as_of and r["day"] != as_of - 3] + everybody + future, entity, (as_of,)
        ).labels
        for past in (rows, other)
    )
    in_both = one.keys() & two.keys()
    assert len(in_both) >= 4
    assert {where: one[where] for where in in_both} == {where: two[where] for where in in_both}


def _active_on(n: int) -> list[dict]:
    """Everybody, active on one day."""
    rows = [{"day": n, "creator": c, "event": "broadcast", "known": n} for c in ("a", "b", "b0", "z")]
    for fan in ("f", "g", "g0", "$device:1", "$device:2"):
        rows.append({"day": n, "creator": "a", "fan": fan, "event": "message", "known": n})
    return rows


@pytest.mark.parametrize("entity", ENTITIES)
@given(rows=histories(), through=st.integers(AS_OFS[0], LAST))
@settings(max_examples=8, phases=NO_SHRINK)
def test_cohort_and_labels_are_what_one_reads_off_the_rows(entity: str, rows: list[dict], through: int) -> None:
    """Which holds the laws of labels too: null exactly while immature, and longer horizons imply shorter ones."""
    asked = tuple(n for n in (*AS_OFS, 90) if n <= through)
    made = built(rows, entity, asked, through)
    expected = {
        (day(n), *ids): label_of(rows, entity, ids, n, through) for n in asked for ids in cohort_of(rows, entity, n)
    }
    assert made.labels == expected
    assert made.features.keys() == expected.keys()
    for (as_of, *_), (days_until_return, *churned) in made.labels.items():
        mature = [h for h in HORIZONS if (day(through) - as_of).days >= h]
        assert [label is not None for label in churned] == [h in mature for h in HORIZONS]
        assert days_until_return is None or 1 <= days_until_return <= max(mature)
        known = [label for label in churned if label is not None]
        assert known == sorted(known, reverse=True)  # churned for longer implies churned for shorter


@pytest.mark.parametrize("entity", ENTITIES)
@given(rows=histories())
@settings(max_examples=4, phases=NO_SHRINK)
def test_a_day_built_alone_to_be_scored_has_the_features_it_had_in_training(entity: str, rows: list[dict]) -> None:
    """Scored on the day itself, knowing no more; what training knew beside that had not happened yet."""
    training = built(rows, entity)
    first_known = {record.name: record.first_known for record in training.records}
    for n in (60, 88, 95):  # before, between and after the days on which names were first heard of
        alone = built(rows, entity, (n,), through=n)
        names = {record.name for record in alone.records}
        unheard_of = first_known.keys() - names
        assert all(first_known[name] > day(n) for name in unheard_of)
        then = {where: cells for where, cells in training.features.items() if where[0] == day(n)}
        assert_same(
            alone.features, {where: {k: v for k, v in cells.items() if k in names} for where, cells in then.items()}
        )
        assert all(cells[name] in (None, 0, 84, 1) for cells in then.values() for name in unheard_of)


@pytest.mark.parametrize("entity", ENTITIES)
@given(rows=histories(), seed=st.randoms())
@settings(max_examples=4, phases=NO_SHRINK)
def test_the_order_of_rows_changes_nothing(entity: str, rows: list[dict], seed) -> None:
    shuffled = rows[:]
    seed.shuffle(shuffled)
    one, two = built(rows, entity), built(shuffled, entity)
    assert one.labels == two.labels
    assert_same(one.features, two.features)


SEOUL_NOON = "{} 03:00"


@st.composite
def exports(draw: st.DrawFn) -> list[dict]:
    """Mixpanel events over ten weeks: devices that log in, late arrivals, amounts that do not add up in binary."""
    lines = []
    for n in range(draw(st.integers(10, 25))):
        moment = SEOUL_NOON.format(date(2026, 3, 1) + timedelta(draw(st.integers(0, 69))))
        name = draw(st.sampled_from(("message", "donation", "visit", "broadcast")))
        said: dict = {"id": f"e{n}", "device": draw(st.sampled_from(("d1", "d2", "d3")))}
        if name == "broadcast" or draw(st.booleans()):
            said["user"] = draw(st.sampled_from(("c1", "c2") if name == "broadcast" else ("u1", "u2")))
        if name in ("message", "donation"):
            said["creator"] = draw(st.sampled_from(("c1", "c2")))
        if name == "donation":
            said["amount"] = draw(st.sampled_from((0.1, 0.2, 0.7, 3000)))
        lines.append(event(name, moment, **said))
    return [event("broadcast", SEOUL_NOON.format("2026-04-20"), id="c", user="c1"),
            event("message", SEOUL_NOON.format("2026-04-20"), id="m", user="u1", creator="c1"), *lines]  # fmt: skip


@pytest.mark.parametrize("entity", ENTITIES)
@given(log=exports(), seed=st.randoms())
@settings(max_examples=3, phases=NO_SHRINK)
def test_shuffled_and_doubled_exports_change_nothing(entity: str, log: list[dict], seed) -> None:
    doubled = log + seed.sample(log, len(log) // 2)
    seed.shuffle(doubled)
    one = through_the_door([log], entity)
    two = through_the_door([doubled[: len(log) // 2], doubled[len(log) // 2 :]], entity)
    assert one.labels
    assert one.labels == two.labels
    assert one.records == two.records
    assert_same(one.features, two.features)


def through_the_door(files: list[list[dict]], entity: str) -> Built:
    """Cohort, labels and features of export files in this order."""
    with tempfile.TemporaryDirectory() as folder, Warehouse.in_memory() as made:
        chosen = write_config(Path(folder))
        chosen = replace(chosen, churn=replace(chosen.churn, entity=entity))
        for number, lines in enumerate(files):
            write_jsonl(Path(folder, f"log/{number}.jsonl"), lines)
        bring_in(made, chosen)
        report = build(made, chosen, [date(2026, 4, 20), date(2026, 4, 27)], date(2026, 5, 9))
        return Built(_cells(made, entity), _labels(made, entity), report.features)
