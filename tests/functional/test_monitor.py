"""A platform on which an event gets another name the day after training: the monitor says so, once amber, then red."""

from __future__ import annotations

import json
from datetime import date

import pytest

from fancare.churn.monitor import monitored_day
from fancare.config import load
from fancare.warehouse.duckdb_engine import open_url
from tests.functional.conftest import Platform
from tests.small_platform import rows_of_the_log, write_log, write_platform

pytestmark = pytest.mark.slow
TRAINED, ONE_WEEK, NEXT = date(2026, 6, 12), date(2026, 6, 19), date(2026, 6, 20)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Platform, dict[date, str]]:
    """Trained on the last day of "message", which is "chat" from then on; monitored there, a week later and the day after."""
    made = Platform(tmp_path_factory.mktemp("watched"))
    write_platform(made.folder)
    rows = [
        row | {"event": "chat"} if row["event"] == "message" and row["ts"].date() > TRAINED else row
        for row in rows_of_the_log()
    ]
    for month in (made.folder / "log").iterdir():
        month.unlink()
    write_log(made.folder / "log" / "all.parquet", rows)
    made.edit('fan_activity = ["message", "donation"]', 'fan_activity = ["message", "chat", "donation"]')
    told = {}
    for day in (TRAINED, ONE_WEEK, NEXT):
        done = made.fancare("monitor", "--quiet", "--as-of", day, "--json", made.folder / f"{day}.json")
        assert done.code == 0, done.err
        told[day] = done.out
    return made, told


def figures(platform: Platform, day: date) -> dict:
    return json.loads((platform.folder / f"{day}.json").read_text(encoding="utf-8"))


def tables(platform: Platform) -> list[list[tuple]]:
    return [sorted(platform.rows(f"SELECT * FROM {table}"), key=str) for table in ("drift", "performance")]


def test_the_day_of_training_is_green(watched: tuple[Platform, dict[date, str]]) -> None:
    platform, told = watched
    assert "Is the model still right: nothing found" in told[TRAINED]
    found = figures(platform, TRAINED)
    assert (found["verdict"], found["findings"], found["performance"]) == ("green", [], [])
    assert {row["verdict"] for row in found["drift"]} == {"stable"}


def test_the_renamed_event_is_amber_once_and_red_again_and_is_named(watched: tuple[Platform, dict[date, str]]) -> None:
    platform, told = watched
    for day, verdict, state, advice in (
        (ONE_WEEK, "amber", "확인 필요 (처음 발견): 변수", "다음 실행에서도 발견되면 경보가 됩니다"),
        (NEXT, "red", "경보 (연속 2회 발견): 변수", "`fancare train`으로 다시 학습하세요"),
    ):
        found = figures(platform, day)
        assert found["verdict"] == verdict
        codes = [finding["code"] for finding in found["findings"]]
        assert "features" in codes
        assert set(codes) <= {"features", "score"}  # risks may move with what they are made from
        assert state in told[day]
        assert advice in told[day]
        assert "이벤트 'message'이(가) 더 이상 기록되지 않거나 이름이 바뀌었는지 확인하세요" in told[day]
        drifted = [row["name"] for row in found["drift"] if row["verdict"] == "drifted"]
        assert sum("message" in name for name in drifted) >= 5


def test_outcomes_of_the_first_scores_are_there_once_ripe(watched: tuple[Platform, dict[date, str]]) -> None:
    platform, _ = watched
    for day in (ONE_WEEK, NEXT):
        performance = figures(platform, day)["performance"]
        assert {row["horizon"] for row in performance} == {7}
        (pooled,) = [row for row in performance if row["is_pooled"]]
        assert (pooled["first_scored"], pooled["last_scored"]) == (str(TRAINED), str(TRAINED))
    n, churned = platform.rows(
        f"SELECT COUNT(*), AVG(CAST(creator_id NOT IN (SELECT creator_id FROM activity_daily WHERE event_name = 'broadcast' AND "
        f"activity_date > DATE '{TRAINED}' AND activity_date <= DATE '{ONE_WEEK}') AS INT64)) FROM risk_scores "
        f"WHERE as_of = DATE '{TRAINED}'"
    )[0]
    assert (pooled["n"], pooled["churn_rate"]) == (n, pytest.approx(churned))


def test_a_rerun_and_a_backfill_write_the_same_rows(watched: tuple[Platform, dict[date, str]]) -> None:
    platform, _ = watched
    before = tables(platform)
    again = platform.folder / "again.json"
    done = platform.fancare("monitor", "--quiet", "--as-of", ONE_WEEK, "--json", again)  # a day later has been monitored since
    assert done.code == 0, done.err
    assert json.loads(again.read_text(encoding="utf-8")) == figures(platform, ONE_WEEK)
    assert tables(platform) == before


def test_a_monitored_day_can_be_read_again(watched: tuple[Platform, dict[date, str]]) -> None:
    platform, _ = watched
    settings = load(platform.config)
    place = settings.warehouse
    with open_url(place.url, platform.folder, place.memory_limit, place.threads, read_only=True) as warehouse:
        found = monitored_day(warehouse, settings, NEXT)
        assert monitored_day(warehouse, settings, date(2026, 6, 18)) is None
    assert found is not None
    told, before = found.to_json_dict(), figures(platform, NEXT)
    for given in (told, before):
        given["drift"].sort(key=lambda row: (row["kind"], row["name"]))
        given["performance"] = [row for row in given["performance"] if row["is_pooled"]]
    assert told == before
