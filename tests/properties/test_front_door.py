"""Laws of the front door: the order, number and overlap of files change nothing, and what comes later changes no past."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from fancare.events.mixpanel import LineReader
from fancare.events.report import IngestReport
from fancare.warehouse.duckdb_engine import Warehouse
from tests.small_log import (
    PARQUET,
    bring_in,
    event,
    everything,
    seconds,
    visible,
    write_config,
    write_jsonl,
    write_parquet,
)

START = seconds("2026-06-01 00:00")
DAYS, DAY = 6, 86_400
PEOPLE = ("u1", "u2", "c1", "c2")  # two of whom may turn out to be creators
DEVICES = ("d1", "d2", "d3")


@st.composite
def logs(draw: st.DrawFn) -> list[dict]:
    """Events of a few people on a few devices over six days, some of which arrive late, some of which join ids."""
    drawn = []
    for number in range(draw(st.integers(1, 14))):
        time = START + draw(st.integers(0, DAYS * 24 - 1)) * 3600
        said: dict = {"id": f"e{number}"}
        if draw(st.integers(0, 3)):
            said["device"] = draw(st.sampled_from(DEVICES))
        if draw(st.booleans()) or "device" not in said:
            said["user"] = draw(st.sampled_from(PEOPLE))
        if draw(st.booleans()):
            said["creator"] = draw(st.sampled_from(("c1", "c2")))
        if draw(st.integers(0, 2)) == 0:
            said["amount"] = draw(st.sampled_from((0.1, 0.2, 3000, -5)))
        name = draw(st.sampled_from(("message", "visit", "broadcast", "donation")))
        if draw(st.integers(0, 8)) == 0:
            name = "$merge"
            said["$distinct_ids"] = draw(st.permutations(PEOPLE))[:2]
        e = event(name, time, **said)
        if late := draw(st.sampled_from((None, 0, 0, 1, 30, 70))):  # hours
            e["properties"]["mp_processing_time_ms"] = (time + late * 3600) * 1000
        drawn.append(e)
    return drawn


def made(parts: Sequence[Sequence[dict]], one_by_one: bool = False) -> tuple[dict, list[IngestReport]]:
    """All tables, and the reports, of a log in these files; ``one_by_one``: one run per file."""
    with tempfile.TemporaryDirectory() as folder, Warehouse.in_memory() as warehouse:
        config = write_config(Path(folder), acts='["broadcast"]')
        reports = []
        for number, part in enumerate(parts):
            write_jsonl(Path(folder, f"log/{number}.jsonl"), part)
            if one_by_one:
                reports.append(bring_in(warehouse, config))
        if not one_by_one:
            reports.append(bring_in(warehouse, config))
        return everything(warehouse), reports


def is_activity(e: dict) -> bool:
    return e["event"] != "$merge"


@settings(max_examples=9, deadline=None)
@given(logs(), st.integers(0, 1000))
def test_shuffled_doubled_and_overlapping_files_change_nothing(log: list[dict], seed: int) -> None:
    if not any(map(is_activity, log)):
        return
    straight, _ = made([log])
    rng = random.Random(seed)
    doubled = log + rng.sample(log, len(log) // 2)
    rng.shuffle(doubled)
    cut = rng.randint(0, len(doubled))
    overlapping = [part for part in (doubled[: cut + 2], doubled[cut:]) if any(map(is_activity, part))]
    shuffled, reports = made(overlapping)
    if {e["properties"]["$insert_id"] for part in overlapping for e in part} == {f"e{n}" for n in range(len(log))}:
        assert shuffled == straight
    for report in reports:
        for file in report.files:
            assert file.n_rows == (
                file.n_events + file.n_duplicates + file.n_identity_duplicates + file.n_dead
                + file.n_quarantined + file.n_no_actor + file.n_links
            )  # fmt: skip


@settings(max_examples=9, deadline=None)
@given(logs(), st.integers(0, 1000))
def test_day_by_day_or_all_at_once_is_the_same(log: list[dict], seed: int) -> None:
    rng = random.Random(seed)
    parts: list[list[dict]] = [[], [], []]
    for e in log:
        rng.choice(parts).append(e)
    parts = sorted((part for part in parts if part), key=lambda part: not any(map(is_activity, part)))
    if not any(map(is_activity, parts[0])):
        return
    at_once, _ = made(parts)
    one_by_one, reports = made(parts, one_by_one=True)
    assert one_by_one == at_once
    assert reports[-1].n_events_total == sum(map(is_activity, log))


@settings(max_examples=9, deadline=None)
@given(logs(), st.integers(0, DAYS + 3))
def test_what_became_known_later_changes_no_past(log: list[dict], days: int) -> None:
    """What `activity_daily` shows on day K is what a log that ends with what was known on K shows."""
    day = date(2026, 6, 1) + timedelta(days)
    midnight = seconds("2026-06-01 15:00") + days * DAY  # the end of that day in Seoul
    known = [
        e for e in log
        if max(e["properties"]["time"], e["properties"].get("mp_processing_time_ms", 0) / 1000) < midnight
    ]  # fmt: skip
    if not any(map(is_activity, known)):
        return
    seen = []
    for part in (log, known):
        with tempfile.TemporaryDirectory() as folder, Warehouse.in_memory() as warehouse:
            config = write_config(Path(folder))
            write_jsonl(Path(folder, "log/a.jsonl"), part)
            bring_in(warehouse, config)
            seen.append(visible(warehouse, day))
            assert sum(row[5] for row in seen[-1]) == sum(map(is_activity, known))
    assert seen[0] == seen[1]


@settings(max_examples=9, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "ts": st.sampled_from([f"2026-06-0{day}T{hour}:00:00Z" for day in (1, 2) for hour in (11, 14, 15)]),
                "event": st.sampled_from(("message", "donation")),
                "creator": st.sampled_from((1, 2)),
                "fan": st.sampled_from((7, 8, None)),
                "amount": st.sampled_from((None, 1.5)),
            }
        ),
        min_size=1,
        max_size=12,
    ),
    st.randoms(use_true_random=False),
)
def test_rows_without_an_id_are_counted_once_in_any_order(rows: list[dict], rng: random.Random) -> None:
    if all(row["fan"] is None for row in rows):
        return
    tables = []
    for order in (rows, rng.sample(rows, len(rows))):
        with tempfile.TemporaryDirectory() as folder, Warehouse.in_memory() as warehouse:
            config = write_config(Path(folder), PARQUET)
            write_parquet(Path(folder, "log/a.parquet"), order)
            bring_in(warehouse, config)
            part = [row for row in order[: len(order) // 2] if row["fan"] is not None]
            if part:  # a file that repeats some of the rows
                write_parquet(Path(folder, "log/b.parquet"), part)
                assert bring_in(warehouse, config).changed_days == ()
            tables.append(everything(warehouse))
    assert tables[0] == tables[1]
    assert len(tables[0]["events"]) == sum(row["fan"] is not None for row in rows)


with tempfile.TemporaryDirectory() as _folder:
    READER = LineReader(write_config(Path(_folder)), datetime(2026, 7, 1))

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_names = ("time", "$user_id", "$device_id", "distinct_id", "$insert_id", "creator", "amount", "mp_processing_time_ms",
          "alias", "$distinct_ids", "$anon_id", "$identified_id")  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(("message", "$merge", "$identify", "$create_alias")) | _json,
    st.dictionaries(st.sampled_from(_names), _json, max_size=6),
    st.sampled_from((None, START, "2026-06-01T12:00:00Z")),
)
def test_no_line_of_json_is_too_odd_to_be_told(name: object, properties: dict, time: object) -> None:
    """Whatever a line holds, it becomes a row of a known kind, and a malformed one says why."""
    if time is not None:
        properties = properties | {"time": time}
    line = json.dumps({"event": name, "properties": properties}).encode()
    row = READER.read(line)
    assert row.kind in ("event", "link", "no actor", "quarantined", "dead")
    assert (row.reason is not None) == (row.kind in ("quarantined", "dead"))
    if row.kind == "event":
        assert row.actor_id
        assert row.event_id
        assert row.activity_date is not None
    pa.array([row.event_time], pa.timestamp("us"))
