"""What `simulate` writes: shape of the lines, order, copies, sizes asked for, and refusals."""

from __future__ import annotations

import gzip
import tomllib
from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import orjson
import pyarrow.parquet as pq
import pytest

from fancare import cli
from fancare.errors import ConfigError
from fancare.events.simulator import EVENT_NAMES, WORLDS, simulate
from fancare.events.simulator.world import CREATOR_ACTS, Accounts, Bots, Delivery
from fancare.progress import Progress

SEOUL = ZoneInfo("Asia/Seoul")


@pytest.fixture(scope="module")
def lively(tmp_path_factory):
    return simulate("lively", seed=3, out=tmp_path_factory.mktemp("lively"), creators=40, days=70)


@pytest.fixture(scope="module")
def lines(lively):
    return read(lively.files)


def read(files: tuple[Path, ...]) -> list[dict]:
    """The lines as they lie in the files, each with its file's name under "file"."""
    texts = {path.name: gzip.decompress(path.read_bytes()) for path in files}
    return [orjson.loads(line) | {"file": name} for name, text in texts.items() for line in text.splitlines()]


def test_same_seed_same_bytes(lively, tmp_path):
    again = simulate("lively", seed=3, out=tmp_path, creators=40, days=70)
    first, second = (sorted(report.truth.parent.iterdir()) for report in (lively, again))
    assert [path.name for path in first] == [path.name for path in second]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_another_seed_is_another_log_and_zero_is_a_seed(tmp_path):
    bytes_of = {
        seed: b"".join(f.read_bytes() for f in simulate("noise", seed, tmp_path / str(seed), creators=4, days=20).files)
        for seed in (0, 1, 2)
    }
    assert len(set(bytes_of.values())) == 3
    again = simulate("noise", 0, tmp_path / "again", creators=4, days=20)
    assert b"".join(f.read_bytes() for f in again.files) == bytes_of[0]


@pytest.mark.parametrize("world", [name for name in WORLDS if name != "lively"])
def test_every_event_name_occurs_in_every_world(world, lines, tmp_path):
    assert {line["event"] for line in lines} == set(EVENT_NAMES)
    other = simulate(world, 0, tmp_path, creators=60, days=60)
    assert {name for name, count in other.counts.items() if count} == set(EVENT_NAMES)


def test_lines_are_mixpanel_shaped(lines):
    for line in lines:
        properties = line["properties"]
        assert {"time", "distinct_id", "$insert_id", "mp_processing_time_ms"} <= properties.keys()
        if "$user_id" in properties:
            assert properties["distinct_id"] == properties["$user_id"]
        else:
            assert properties["distinct_id"] == f"$device:{properties['$device_id']}"
        assert properties["mp_processing_time_ms"] > properties["time"] * 1000


def test_lines_lie_in_order_of_arrival_in_the_month_of_arrival(lines, lively):
    arrived = [line["properties"]["mp_processing_time_ms"] for line in lines]
    assert arrived == sorted(arrived)
    months = [datetime.fromtimestamp(ms / 1000, SEOUL).strftime("events-%Y-%m.jsonl.gz") for ms in arrived]
    assert months == [line["file"] for line in lines]
    assert len(lively.files) == len(set(months)) == 3


def test_days_are_those_asked_for(lines, lively):
    days = {datetime.fromtimestamp(line["properties"]["time"], SEOUL).date() for line in lines}
    assert (min(days), max(days), len(days)) == (date(2026, 4, 22), date(2026, 6, 30), 70)
    assert (lively.first_day, lively.last_day) == (min(days), max(days))


def test_creators_act_in_their_own_room_and_look_at_pages_outside(lines):
    for line in lines:
        properties = line["properties"]
        if line["event"] in CREATOR_ACTS:
            assert properties["$user_id"] == properties["creator_id"]
        assert ("reply_to" in properties) == (line["event"] == "reply")
        if line["event"] in ("dashboard_visit", "payout_page_visit"):
            assert properties["$user_id"].startswith("c")
            assert "creator_id" not in properties
        if line["event"] in ("message", "donation", "room_enter"):
            assert properties["creator_id"] != properties["distinct_id"]
        assert ("amount" in properties) == (line["event"] == "donation")


def test_some_creators_are_fans_of_others(lines, lively):
    truth = pq.read_table(lively.truth).to_pylist()
    also = {row["creator_id"] for row in truth if row["also_fan"]}
    users = {p.get("$user_id", "") for p in properties_of(lines, "message", "donation", "room_enter")}
    tipping = {user for user in users if user.startswith("c")}
    assert tipping
    assert tipping <= also


def test_report_counts_the_lines(lines, lively):
    ids = Counter(line["properties"]["$insert_id"] for line in lines)
    assert lively.lines == len(lines)
    assert lively.duplicates == len(lines) - len(ids)
    assert sum(lively.counts.values()) == len(ids)
    assert lively.before_identify == sum("$user_id" not in line["properties"] for line in lines)
    names = Counter({line["properties"]["$insert_id"]: line["event"] for line in lines}.values())
    assert names == {name: count for name, count in lively.counts.items() if count}
    text = lively.describe()
    assert f"{len(lines):,} lines in 3 files" in text
    assert f"donation {lively.counts['donation']:,}" in text
    assert str(lively.truth) in text


def test_copies_are_of_three_kinds(lines):
    """The same line again, a retry processed later, and the same event again with the user id after identify."""
    by_id: dict[str, list[dict]] = {}
    for line in lines:
        by_id.setdefault(line["properties"]["$insert_id"], []).append(line["properties"])
    kinds = Counter()
    for first, *copies in by_id.values():
        for copy in copies:
            assert (first["time"], first.get("creator_id")) == (copy["time"], copy.get("creator_id"))
            if copy == first:
                kinds["same"] += 1
            elif copy["distinct_id"] == first["distinct_id"]:
                kinds["retry"] += 1
            else:
                assert first["distinct_id"].startswith("$device:")
                assert copy["$device_id"] == first["$device_id"]
                assert copy["distinct_id"] == copy["$user_id"]
                kinds["identified"] += 1
    assert set(kinds) == {"same", "retry", "identified"}
    assert sum(kinds.values()) < 0.02 * len(lines)


def test_devices_lead_to_their_true_user(lines, lively):
    table = pq.read_table(lively.truth_devices).to_pylist()
    truth = {row["device_id"]: row for row in table}
    assert len(truth) == len(table)
    anonymous = set()
    for line in lines:
        properties = line["properties"]
        device = properties.get("$device_id")
        if device is None:
            assert (line["event"], properties["platform"]) == ("donation", "server")
        elif "$user_id" in properties:
            assert properties["$user_id"] == truth[device]["user_id"]
        else:
            anonymous.add(device)
            assert properties["time"] < truth[device]["identified_at"].replace(tzinfo=ZoneInfo("UTC")).timestamp()
    linked = {p["properties"].get("$device_id") for p in lines if "$user_id" in p["properties"]}
    assert len(anonymous & linked) == lively.devices_linked > 0
    assert len(anonymous - linked) == lively.devices_never_linked


def test_a_shorter_log_replaces_a_longer_one(tmp_path):
    simulate("noise", 0, tmp_path, creators=3, days=50)
    report = simulate("noise", 0, tmp_path, creators=3, days=5)
    assert sorted(tmp_path.glob("events-*")) == list(report.files)


def test_files_of_others_are_left_alone(tmp_path):
    mine = tmp_path / "events-1999-01.jsonl.gz"
    mine.write_bytes(b"not the simulator's")
    simulate("noise", 0, tmp_path, creators=3, days=5)
    assert mine.read_bytes() == b"not the simulator's"


def test_progress_sees_days_and_lines(tmp_path):
    seen = {}

    class Watching(Progress):
        def task(self, title, total=None):
            self.total = seen.setdefault(title, total)
            return super().task(title, total)

    report = simulate("lively", 0, tmp_path, creators=3, days=10, progress=Watching())
    burn_in = WORLDS["lively"].life.burn_in
    assert seen == {"living the days": 10 + burn_in, "writing the log": report.lines, "true risk": 10}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"world": "livly"}, "There is no world 'livly' (did you mean 'lively'?); choose one of lively, noise, "),
        ({"creators": 2}, "A world of 2 creators and 400 days was asked for; it needs at least 3 creators and 1 day: "),
        ({"days": 0}, "A world of 360 creators and 0 days was asked for; it needs at least 3 creators and 1 day: "),
        ({"seed": -1}, "The seed -1 is negative; it must be 0 or larger: give another one."),
    ],
)
def test_refusals_say_what_to_do(arguments, sentence, tmp_path):
    with pytest.raises(ConfigError) as refusal:
        simulate(**({"world": "lively", "seed": 0, "out": tmp_path / "log"} | arguments))
    assert str(refusal.value).startswith(sentence)
    assert not (tmp_path / "log").exists()


def properties_of(lines: list[dict], *events: str) -> list[dict]:
    return [line["properties"] for line in lines if line["event"] in events]


def test_donations_are_whole_hundreds_of_won(lines):
    amounts = np.array([p["amount"] for p in properties_of(lines, "donation")])
    assert amounts.min() >= 500
    assert not (amounts % 100).any()


def test_the_command_tells_all_worlds_and_their_meanings():
    told = cli.simulate.__doc__.split("\n\n")
    assert [line.strip() for line in told[1:]] == [f"{world.name}: {world.meaning}." for world in WORLDS.values()]
    assert {world.name for world in WORLDS.values()} == set(WORLDS)


@pytest.mark.parametrize("world", WORLDS)
def test_the_manifest_holds_seed_effect_and_constants(world, tmp_path):
    report = simulate(world, 9, tmp_path, creators=3, days=5)
    told = tomllib.loads(report.manifest.read_text(encoding="utf-8"))
    assert (told["world"], told["seed"], told["days"], told["creators"]) == (world, 9, 5, 3)
    effect = {"lively": 0.7, "noise": 0.0, "confounded": 0.0, "drifting": 0.7, "messy": 0.7}[world]
    assert (told["creator_effect"], told["confounded"]) == (effect, world == "confounded")
    life = told["constants"]["life"]
    if world == "noise":
        assert life["creator_active"] == WORLDS[world].life.creator_active
    else:
        assert life["fans"]["creator_effect"] == effect
        assert life["creators"]["rhythms"][2]["name"] == "weekly"
        assert ("seasons" in life["outside"]) == told["confounded"]
    assert told["constants"]["delivery"]["late"] == WORLDS[world].delivery.late


def test_bots_second_accounts_and_faults_change_nothing_of_the_lives(tmp_path, lively):
    """Creators mind no bots, and what happens on the way to the log happens to nobody."""
    world = replace(
        WORLDS["lively"],
        bots=Bots(per_hundred_fans=2.0),
        accounts=Accounts(share=0.5),
        delivery=Delivery(broken=0.001, wrong_clock=0.01, milliseconds=0.1),
    )
    messed = simulate(world, seed=3, out=tmp_path, creators=40, days=70)
    assert min(messed.bots, messed.merges, messed.broken, messed.wrong_clocks) > 0
    for name in ("truth", "truth_days", "truth_risk", "truth_rooms"):
        assert getattr(messed, name).read_bytes() == getattr(lively, name).read_bytes(), name
    assert f"{messed.broken:,} broken lines, {messed.wrong_clocks:,} under a wrong clock, " in messed.describe()
    assert "Faults" not in lively.describe()


def test_each_fault_names_the_line_that_has_it(tmp_path):
    """By the bytes of the log: copies follow their original, broken lines are no JSON, wrong clocks lie far ahead."""
    report = simulate("messy", 1, tmp_path, creators=30, days=40)
    texts = {path.name: gzip.decompress(path.read_bytes()).splitlines() for path in report.files}
    seen: dict[str, tuple[str, int]] = {}
    for name in sorted(texts):
        for number, text in enumerate(texts[name], 1):
            if text.endswith(b"}}"):
                seen.setdefault(orjson.loads(text)["properties"]["$insert_id"], (name, number))
    faults = pq.read_table(report.truth_faults).to_pylist()
    for row in faults:
        text, place = texts[row["file"]][row["line"] - 1], (row["file"], row["line"])
        if row["fault"] == "broken":
            assert not text.endswith(b"}}")
            continue
        properties = orjson.loads(text)["properties"]
        assert properties["$insert_id"] == row["insert_id"]
        if row["fault"] in ("doubled", "retried", "resent"):
            assert seen[row["insert_id"]] < place
        elif row["fault"] == "wrong_clock":
            assert properties["time"] * 1000 > properties["mp_processing_time_ms"] + 30 * 365 * 86_400_000
        elif row["fault"] == "milliseconds":
            assert properties["time"] > 1e12
    faulty = {(row["file"], row["line"]) for row in faults if row["fault"] == "broken"}
    torn = {(name, n) for name, of in texts.items() for n, text in enumerate(of, 1) if not text.endswith(b"}}")}
    assert faulty == torn
