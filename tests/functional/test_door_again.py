"""The front door a second time: what is known is no work, what is new touches its days only, a kill leaves no trace."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from fancare.errors import ConfigError
from fancare.events.extent import log_extent
from fancare.warehouse.duckdb_engine import Warehouse, open_url
from tests.small_log import MIXPANEL, bring_in, event, everything, write_config, write_jsonl

NOON = "2026-06-01 12:00"
GOOD = [event("message", f"2026-06-0{day} 12:00", id=str(day), user="u", creator="c") for day in range(1, 6)]


@pytest.fixture
def warehouse(tmp_path: Path):
    with open_url("duckdb:///fancare.duckdb", tmp_path, "500MB", 1) as made:
        yield made


def test_a_second_run_is_no_work_and_a_new_file_touches_its_days_only(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path)
    write_jsonl(tmp_path / "log/a.jsonl", GOOD)
    first = bring_in(warehouse, settings)
    assert len(first.changed_days) == 5
    before = everything(warehouse)
    again = bring_in(warehouse, settings)
    assert again.is_noop
    assert again.lines() == [
        "1 file is known already and was not read again.",
        "Nothing new.",
        "The log now holds 5 events, 2026-06-01 to 2026-06-05.",
    ]
    (tmp_path / "log/copy.jsonl").write_bytes((tmp_path / "log/a.jsonl").read_bytes())
    assert bring_in(warehouse, settings).is_noop
    assert everything(warehouse) == before
    write_jsonl(
        tmp_path / "log/b.jsonl", [GOOD[0], event("message", "2026-06-02 13:00", id="n", user="u", creator="c")]
    )
    report = bring_in(warehouse, settings)
    assert [str(day) for day in report.changed_days] == ["2026-06-02"]
    assert (report.files[0].n_events, report.files[0].n_duplicates, report.n_known_files) == (1, 1, 2)


def test_an_export_that_repeats_an_event_from_before_identification_touches_new_days_only(
    tmp_path: Path, warehouse: Warehouse
) -> None:
    settings = write_config(tmp_path)
    lines = [
        event("message", "2026-06-01 12:00", id="1", device="d", arrived="2026-06-01 12:01"),
        event("message", "2026-06-01 12:00", id="1", device="d", user="u", arrived="2026-06-02 12:01"),
    ]
    write_jsonl(tmp_path / "log/a.jsonl", lines)
    assert len(bring_in(warehouse, settings).changed_days) == 1
    lines.append(event("message", "2026-06-05 12:00", id="5", user="u", arrived="2026-06-05 12:01"))
    write_jsonl(tmp_path / "log/b.jsonl", lines)
    report = bring_in(warehouse, settings)
    assert [day.day for day in report.changed_days] == [5]
    assert (report.files[0].n_duplicates, report.files[0].n_identity_duplicates) == (1, 1)


def test_a_new_link_moves_earlier_days(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path)
    write_jsonl(
        tmp_path / "log/a.jsonl",
        [event("message", f"2026-06-0{d} 12:00", id=str(d), device="d", creator="c") for d in (1, 2)],
    )
    bring_in(warehouse, settings)
    write_jsonl(
        tmp_path / "log/b.jsonl", [event("message", "2026-06-05 12:00", id="5", device="d", user="u", creator="c")]
    )
    report = bring_in(warehouse, settings)
    assert [day.day for day in report.changed_days] == [1, 2, 5]
    assert (report.links_learned, report.reattributed) == (1, 2)
    assert warehouse.rows("SELECT SUM(n_events) FROM activity_daily WHERE fan_id = 'u' AND known_until IS NULL") == [
        (3,)
    ]


def test_a_visitor_who_turns_out_to_be_a_creator_moves_earlier_days(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path)
    write_jsonl(
        tmp_path / "log/a.jsonl",
        [
            event("page_view", "2026-06-01 12:00", id="1", user="c"),
            event("page_view", "2026-06-02 12:00", id="2", user="u"),
        ],
    )
    bring_in(warehouse, settings)
    write_jsonl(tmp_path / "log/b.jsonl", [event("message", "2026-06-05 12:00", id="5", user="u", creator="c")])
    report = bring_in(warehouse, settings)
    assert [day.day for day in report.changed_days] == [1, 5]
    assert (report.creators_learned, report.reattributed) == (1, 1)


def test_another_mapping_means_a_fresh_start(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path)
    write_jsonl(tmp_path / "log/a.jsonl", [event("message", "2026-06-01 15:30", id="1", user="u", creator="c")])
    assert str(bring_in(warehouse, settings).first_day) == "2026-06-02"
    report = bring_in(warehouse, write_config(tmp_path, timezone="UTC"))
    assert str(report.first_day) == "2026-06-01"
    assert report.lines()[0] == "Rebuilt from scratch: the mapping, the time zone or the creator acts changed."
    assert [str(day) for day in report.changed_days] == ["2026-06-01", "2026-06-02"]
    assert warehouse.rows("SELECT activity_date, n_events FROM activity_daily") == [(report.first_day, 1)]


def test_a_fresh_start_that_would_lose_events_is_refused_unless_asked_for(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path)
    write_jsonl(tmp_path / "log/a.jsonl", GOOD[:2])
    write_jsonl(tmp_path / "log/b.jsonl", GOOD[2:])
    bring_in(warehouse, settings)
    (tmp_path / "log/a.jsonl").unlink()
    before = everything(warehouse)
    assert bring_in(warehouse, settings).is_noop
    other = write_config(tmp_path, timezone="UTC")
    with pytest.raises(ConfigError) as caught:
        bring_in(warehouse, other)
    assert str(caught.value) == (
        "The log must be read anew (the mapping, the time zone or the creator acts changed), but 1 of the files ingested "
        "before are no longer in [source] path, the first being log/a.jsonl: put them back, or give --rebuild to go on "
        "without their events."
    )
    assert everything(warehouse) == before
    assert bring_in(warehouse, other, rebuild=True).n_events_total == 3


@pytest.mark.parametrize(
    ("now", "last_whole"),
    [("2026-06-05 14:30", date(2026, 6, 4)), ("2026-06-05 15:30", date(2026, 6, 5)), ("2026-07-01 00:00", date(2026, 6, 5))],
)
def test_a_phone_ahead_of_midnight_does_not_make_today_whole(
    tmp_path: Path, warehouse: Warehouse, now: str, last_whole: date
) -> None:
    settings = write_config(tmp_path, MIXPANEL.replace("[source.columns]", "late_days = 0\n[source.columns]"))
    ahead = event("message", "2026-06-05 15:10", id="ahead", user="u", creator="c")  # the 6th, ten minutes past midnight
    write_jsonl(tmp_path / "log/a.jsonl", [*GOOD, ahead])
    bring_in(warehouse, settings, datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert log_extent(warehouse, settings).data_through == last_whole


def test_what_fancare_itself_wrote_is_no_log(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path, MIXPANEL.replace('"log"', '"."'))
    write_jsonl(tmp_path / "log/a.jsonl", [*GOOD, b"oops"])
    assert bring_in(warehouse, settings).files[0].n_dead == 1
    for place in ("models/registry/1/manifest.json", "out/watchlist.json"):
        (tmp_path / place).parent.mkdir(parents=True)
        (tmp_path / place).write_bytes(b"{}\n")
    assert list((tmp_path / "dead_letters").iterdir())
    assert bring_in(warehouse, settings).is_noop
    inside = write_config(tmp_path, MIXPANEL.replace('"log"', '"out/log"'))  # a log that lies there is one
    (tmp_path / "out/log").mkdir()
    write_jsonl(tmp_path / "out/log/b.jsonl", GOOD)
    assert bring_in(warehouse, inside).files[0].n_duplicates == 5


def test_killed_before_the_end_nothing_has_happened(
    tmp_path: Path, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = write_config(tmp_path)
    write_jsonl(tmp_path / "log/a.jsonl", GOOD)
    bring_in(warehouse, settings)
    before = everything(warehouse)
    write_jsonl(tmp_path / "log/b.jsonl", [event("message", NOON, id="b", user="v", device="d")])
    with monkeypatch.context() as patched:
        patched.setattr("fancare.events.ingest._record", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            bring_in(warehouse, settings)
    assert everything(warehouse) == before
    assert bring_in(warehouse, settings).n_events_total == 6


DIES = """
import os, signal, sys
from pathlib import Path
from fancare import config
from fancare.events import ingest
from fancare.warehouse.duckdb_engine import open_url
from tests.small_log import NOW
setattr(getattr(ingest, sys.argv[1]), sys.argv[2], lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
settings = config.load("fancare.toml")
with open_url(settings.warehouse.url, Path.cwd(), "500MB", 1) as warehouse:
    ingest.ingest(warehouse, settings, NOW)
"""


@pytest.mark.parametrize(
    "at", [("refusals", "judge"), ("daily", "rebuild_days"), ("IngestReport", "__init__")]
)
def test_killed_for_good_at_any_step_the_next_run_makes_it_whole(tmp_path: Path, at: tuple[str, str]) -> None:
    settings = write_config(tmp_path)
    write_jsonl(tmp_path / "log/a.jsonl", GOOD)
    with open_url("duckdb:///fancare.duckdb", tmp_path, "500MB", 1) as warehouse:
        bring_in(warehouse, settings)
        before = everything(warehouse)
    write_jsonl(tmp_path / "log/b.jsonl", [event("message", NOON, id="b", user="v", device="d"), event("visit", NOON, user="c")])
    root = Path(__file__).parents[2]
    died = subprocess.run([sys.executable, "-c", DIES, *at], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(root)})
    assert died.returncode == -signal.SIGKILL
    with open_url("duckdb:///fancare.duckdb", tmp_path, "500MB", 1) as warehouse:
        assert everything(warehouse) == before
        assert bring_in(warehouse, settings).n_events_total == 7
        after = everything(warehouse)
    assert not (tmp_path / "fancare.duckdb.staging").exists()
    with Warehouse.in_memory() as fresh:
        bring_in(fresh, settings)
        assert everything(fresh) == after


def test_what_a_killed_run_left_behind_is_cleared(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path)
    write_jsonl(tmp_path / "log/a.jsonl", GOOD)
    debris = tmp_path / "fancare.duckdb.staging"
    debris.mkdir()
    (debris / "0.parquet").write_bytes(b"half")
    bring_in(warehouse, settings)
    assert not debris.exists()
