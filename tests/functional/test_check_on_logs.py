"""A platform that exports a file a day: what the check says on the morning after a bad one."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fancare.config import load
from fancare.events.extent import log_extent
from fancare.events.ingest import ingest
from fancare.events.quality import QualityReport, check
from fancare.events.sniff import write_config
from fancare.warehouse.duckdb_engine import open_url
from tests.real_logs import REAL_LOGS

START = datetime(2026, 1, 5)


def rows_of(number: int, share: float = 1.0) -> pa.Table:
    """400 messages and 100 tips on day ``number``, or a ``share`` of them."""
    day = START + timedelta(number)
    count = round(500 * share)
    return pa.table({
        "ts": pa.array([day + timedelta(seconds=i * 170 + number) for i in range(count)], pa.timestamp("us")),
        "event": pa.array(["tip" if i % 5 == 0 else "message" for i in range(count)], pa.string()),
        "creator_id": pa.array([f"c{i % 60}" for i in range(count)], pa.string()),
        "fan_id": pa.array([f"f{i * 7 % 130}" for i in range(count)], pa.string()),
        "amount": pa.array([10.0 if i % 5 == 0 else None for i in range(count)], pa.float64()),
        "insert_id": pa.array([f"{number}-{i}" for i in range(count)], pa.string()),
    })  # fmt: skip


def export(folder: Path, number: int, share: float = 1.0) -> None:
    """The file of day ``number``."""
    pq.write_table(rows_of(number, share), folder / f"events-{START + timedelta(number):%Y-%m-%d}.parquet")


def morning(folder: Path, number: int) -> QualityReport:
    """Ingest and check as on the morning after day ``number``."""
    config = load(folder / "fancare.toml")
    now = (START + timedelta(number + 1, hours=6)).replace(tzinfo=UTC)
    with open_url(config.warehouse.url, folder, "300MB", 1) as warehouse:
        report = ingest(warehouse, config, now)
        return check(warehouse, config, log_extent(warehouse, config), now, report.changed_days)


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """Six weeks of steady days, a configuration written by `fancare init`, days as the log's clock has them."""
    folder = tmp_path_factory.mktemp("platform")
    (folder / "events").mkdir()
    pq.write_table(pa.concat_tables([rows_of(number) for number in range(42)]), folder / "events" / "before.parquet")
    write_config(folder / "events", folder / "fancare.toml", datetime(2026, 3, 1, tzinfo=UTC))
    text = (folder / "fancare.toml").read_text().replace('timezone = "Asia/Seoul"', 'timezone = "UTC"')
    (folder / "fancare.toml").write_text(text)
    assert morning(folder, 41).verdict == "green"
    return folder


@pytest.fixture
def platform(history, tmp_path):
    return Path(shutil.copytree(history, tmp_path / "platform"))


def names(report: QualityReport) -> list[tuple[str, str]]:
    return [(c.name, str(c.day)) for c in report.red]


def test_good_days_go_on_being_green(platform):
    export(platform / "events", 42)
    export(platform / "events", 43)
    assert morning(platform, 43).verdict == "green"


def test_a_file_without_rows_is_red_until_the_day_is_declared(platform):
    export(platform / "events", 42, share=0)
    assert [name for name, _ in names(morning(platform, 42))] == ["file_empty"]
    export(platform / "events", 43)
    export(platform / "events", 44)
    assert names(morning(platform, 44)) == [("zero_day", "2026-02-16")]
    assert names(morning(platform, 44)) == [("zero_day", "2026-02-16")]  # looked at again, nothing new
    config = platform / "fancare.toml"
    config.write_text(config.read_text().replace("known_outages = []", "known_outages = [2026-02-16]"))
    assert morning(platform, 44).verdict == "green"


def test_half_a_day_is_red_until_it_is_exported_again(platform):
    export(platform / "events", 42, share=0.4)
    export(platform / "events", 43)
    assert names(morning(platform, 43)) == [("low_day", "2026-02-16")]
    export(platform / "events", 42)
    repaired = morning(platform, 43)
    assert [(c.name, c.verdict) for c in repaired.checks if c.verdict != "green"] == [("duplicates", "amber")]


# --- days told twice


def doubled(number: int, share: float = 1.0) -> pa.Table:
    """Day ``number``, a ``share`` of its rows told again under new ids."""
    day = rows_of(number)
    again = day.slice(0, round(day.num_rows * share))
    ids = pa.array([f"again-{value}" for value in again["insert_id"].to_pylist()], pa.string())
    return pa.concat_tables([day, again.set_column(again.schema.get_field_index("insert_id"), "insert_id", ids)])


@pytest.mark.parametrize(
    ("share", "verdict"), [(0.04, None), (0.06, "amber"), (0.48, "amber"), (0.5, "red"), (1.0, "red")]
)
def test_a_day_that_arrives_doubled_under_new_ids(platform, share, verdict):
    pq.write_table(doubled(42, share), platform / "events" / "42.parquet")
    export(platform / "events", 43)
    for _ in range(2):  # the second time with nothing new
        found = [c for c in morning(platform, 43).checks if c.name == "repeated"]
        assert [(c.verdict, str(c.day)) for c in found] == ([(verdict, "2026-02-16")] if verdict else [])
    if share == 1:
        assert "500 of the 1,000 events on 2026-02-16 equal another in everything but their id" in found[0].message_en


@pytest.mark.parametrize(("share", "expected"), [(0.3, []), (1.0, [("amber", None)])])
def test_what_repeats_itself_by_habit_is_at_most_amber(tmp_path, share, expected):
    (tmp_path / "events").mkdir()
    pq.write_table(pa.concat_tables([doubled(n, share) for n in range(42)]), tmp_path / "events" / "log.parquet")
    write_config(tmp_path / "events", tmp_path / "fancare.toml", datetime(2026, 3, 1, tzinfo=UTC))
    assert [(c.verdict, c.day) for c in morning(tmp_path, 41).checks if c.name == "repeated"] == expected


def test_a_log_of_dates_may_repeat_itself(tmp_path):
    (tmp_path / "events").mkdir()
    log = pa.concat_tables([doubled(n, n / 42) for n in range(42)])
    dates = log["ts"].cast(pa.date32())
    pq.write_table(log.set_column(0, "ts", dates), tmp_path / "events" / "log.parquet")
    write_config(tmp_path / "events", tmp_path / "fancare.toml", datetime(2026, 3, 1, tzinfo=UTC))
    assert [c for c in morning(tmp_path, 41).checks if c.name == "repeated"] == []


# --- events whose fan column is empty


def with_broadcasts(number: int, name: str = "방송 시작", fan: str | None = "") -> pa.Table:
    """Day ``number``, and 60 broadcasts of creators for which no fan is named."""
    day = START + timedelta(number)
    shows = pa.table({
        "ts": pa.array([day + timedelta(seconds=i * 900) for i in range(60)], pa.timestamp("us")),
        "event": [name] * 60, "creator_id": [f"c{i}" for i in range(60)], "fan_id": pa.array([fan] * 60, pa.string()),
        "amount": pa.array([None] * 60, pa.float64()), "insert_id": [f"b{number}-{i}" for i in range(60)],
    })  # fmt: skip
    return pa.concat_tables([rows_of(number), shows])


def broadcasting(folder: Path, acts: str, fan: str | None = "", last: list[str] | None = None) -> Path:
    """Six weeks with broadcasts, and a config that lists them; ``last`` are their names on the last days."""
    (folder / "events").mkdir()
    names = ["방송 시작"] * (42 - len(last or [])) + (last or [])
    tables = [with_broadcasts(number, name, fan) for number, name in enumerate(names)]
    pq.write_table(pa.concat_tables(tables), folder / "events" / "log.parquet")
    write_config(folder / "events", folder / "fancare.toml", datetime(2026, 3, 1, tzinfo=UTC))
    if acts:
        config = folder / "fancare.toml"
        text = config.read_text().replace('timezone = "Asia/Seoul"', 'timezone = "UTC"')
        text = re.sub("^creator_acts = .*", f"creator_acts = {acts}", text, flags=re.MULTILINE)
        config.write_text(re.sub("^creator_activity = .*", 'creator_activity = ["방송 시작"]', text, flags=re.MULTILINE))
    return folder


@pytest.mark.parametrize("fan", ["", None])
def test_init_lists_what_always_lacks_a_fan_as_the_creators_own(tmp_path, fan):
    folder = broadcasting(tmp_path, "", fan)
    config = load(folder / "fancare.toml")
    assert config.events.creator_acts == config.events.creator_activity == ("방송 시작",)
    assert config.events.fan_activity == ("message", "tip")
    assert morning(folder, 41).red == ()


def test_a_name_that_only_occurs_without_an_actor_is_said_to_occur(tmp_path):
    report = morning(broadcasting(tmp_path, "[]"), 41)
    assert [(c.name, c.verdict) for c in report.checks if c.verdict != "green"] == [
        ("name_never_seen", "red"), ("no_entity", "red"), ("no_actor", "amber"),
    ]  # fmt: skip
    assert report.red[0].message_en == (
        "The event '방송 시작', listed in [events] creator_activity, occurs 2,520 times, always without a fan or creator "
        "who acted, so all of it is dropped: add it to [events] creator_acts if creators do it, or map creator_id or "
        "fan_id in [source.columns]."
    )
    (dropped,) = (c for c in report.checks if c.name == "no_actor")
    assert dropped.message_en.startswith(
        "2,520 of 23,520 rows of log.parquet (10.7%) name no fan or creator who acted and were dropped, most of them "
        "'방송 시작': add what creators do to [events] creator_acts"
    )


def test_a_new_name_that_only_occurs_without_an_actor_is_offered_for_one_that_vanished(tmp_path):
    report = morning(broadcasting(tmp_path, '["방송 시작"]', last=["방송 시작됨"] * 3), 41)
    assert names(report) == [("name_missing", "2026-02-13")]
    assert "similar new names are '방송 시작됨': see whether" in report.sentence
    assert "A new event name, '방송 시작됨': 180 rows since 2026-02-13, all without a fan" in "\n".join(report.lines())


def test_a_name_without_a_similar_new_one_says_nothing_of_similar_names(tmp_path):
    report = morning(broadcasting(tmp_path, '["방송 시작"]', last=["x"] * 3), 41)
    assert names(report) == [("name_missing", "2026-02-13")]
    assert "similar" not in report.sentence
    assert "비슷한" not in report.red[0].message_ko


def test_a_name_that_lost_its_actors_is_said_to_have(tmp_path):
    folder = broadcasting(tmp_path, "[]", fan="f1")
    assert morning(folder, 41).red == ()
    pq.write_table(with_broadcasts(42), folder / "events" / "42.parquet")
    pq.write_table(with_broadcasts(43), folder / "events" / "43.parquet")
    report = morning(folder, 43)
    assert names(report) == [("name_missing", "2026-02-16")]
    assert "120 rows of it came without a fan or creator who acted and were dropped; add it" in report.sentence


@pytest.mark.real_data
@pytest.mark.parametrize("file", ["tips.parquet", "rooms.parquet"])
def test_gaps_in_the_past_of_a_real_log_do_not_block_it(tmp_path, file):
    if not (REAL_LOGS / file).exists():
        pytest.skip(f"{file} is not part of the repository")
    now = datetime(2026, 11, 24, tzinfo=UTC)
    write_config(REAL_LOGS / file, tmp_path / "fancare.toml", now)
    config = load(tmp_path / "fancare.toml")
    with open_url(config.warehouse.url, tmp_path, "600MB", 1) as warehouse:
        report = ingest(warehouse, config, now)
        assert check(warehouse, config, log_extent(warehouse, config), now, report.changed_days).verdict == "amber"
