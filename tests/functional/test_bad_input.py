"""Bad input from the command line: one sentence, the right exit code, nothing half-written, the last good results there."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.command import fancare, in_process
from tests.functional.conftest import Platform, refused, said
from tests.small_platform import CONFIG, FIRST_DAY, rows_of_the_log, write_log

pytestmark = pytest.mark.slow
PARQUET = CONFIG[CONFIG.index("kind") : CONFIG.index("[events]")]
MIXPANEL = """kind = "mixpanel-export"
path = "log/*.jsonl*"
[source.columns]
creator_id = "creator"
amount = "amount"
"""
ROW = {"ts": datetime(2026, 6, 30, 9), "event": "message", "creator": "weekly00", "fan": "fan00", "amount": None, "id": "n"}


# --- exit code 10: the configuration, or a file it names


def test_a_config_that_is_not_there(tmp_path: Path) -> None:
    done = fancare("run", "--config", tmp_path / "none.toml")
    assert done.code == 10
    assert done.err == (
        f"fancare: {tmp_path / 'none.toml'} does not exist; give a config with --config, or write one with "
        "`fancare init LOG`.\n"
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("content", "text"),
    [(b"[churn\n", "is not valid TOML ("), (b"\xff\xfe[\0", "is not UTF-8 text"), (None, "is a folder; give the TOML file")],
)
def test_a_config_that_is_none(tmp_path: Path, content: bytes | None, text: str) -> None:
    path = tmp_path / "fancare.toml"
    path.mkdir() if content is None else path.write_bytes(content)
    done = in_process("check", "--config", path)
    assert done.code == 10
    assert text in said(done)


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ('path = "log/*.parquet"', 'path = "gone/*.parquet"', "[source] path = 'gone/*.parquet' matches no file (looked for "),
        ('path = "log/*.parquet"', 'path = "gone.parquet"', "[source] path = 'gone.parquet' does not exist (looked for "),
        ('creator_id = "creator"', 'creator_id = "creater"', "has no such column; did you mean 'creator'? (it has ts, event, "),
        ('[churn]', '[churn]\nhorizon = [7, 14]', "fancare.toml [churn] has an unknown key 'horizon'; did you mean 'horizons'?"),
        ('[churn]', '[churn]\nhorizons = [14, 7]', "[churn] horizons = [14, 7] must be rising whole days, such as [7, 14, 28]."),
        ('[ops]', '[opps]', "fancare.toml has an unknown key 'opps'; did you mean 'ops'?"),
        ('entity = "creator"', 'entity = "celeb"', "[churn] entity = 'celeb' is not valid; valid are creator, fan, room."),
        ('capacity = 5', 'capacity = "five"', "fancare.toml [ops] capacity = 'five' must be of type int."),
        ('quick.toml', 'quicker.toml', "[churn] model = 'quicker.toml' is neither a file beside fancare.toml nor a shipped"),
        ('timezone = "UTC"', 'timezone = "Seoul"', "[platform] timezone = 'Seoul' is not a known time zone; use a name such as "),
        ('url = "duckdb:', 'url = "postgres:', "[warehouse] url = 'postgres:///warehouse/fancare.duckdb': valid are "),
    ],
)  # fmt: skip
def test_a_config_that_does_not_fit(fresh: Platform, old: str, new: str, text: str) -> None:
    fresh.edit(old, new)
    assert text in refused_sentence(fresh, 10)


def refused_sentence(platform: Platform, code: int, command: str = "run", *arguments: object) -> str:
    done = platform.fancare(command, *arguments)
    assert done.code == code, done
    assert "results:" not in done.out  # what the stages before had to say may stand there
    assert "?." not in done.sentence
    return done.sentence


def test_a_wrong_key_of_the_model(fresh: Platform) -> None:
    spec = fresh.folder / "quick.toml"
    spec.write_text(spec.read_text().replace("epochs", "epoch"))
    assert refused_sentence(fresh, 10) == "quick.toml [tabnet] has an unknown key 'epoch'; did you mean 'epochs'?"


def test_a_config_that_breaks_later_leaves_the_last_good_results(platform: Platform) -> None:
    platform.edit('creator_id = "creator"', 'creator_id = "creater"')
    assert "did you mean 'creator'?" in refused(platform, 10)


@pytest.mark.parametrize("place", ["results", "figures"])
def test_a_place_that_cannot_be_written(platform: Platform, place: str) -> None:
    """Root may write anywhere, so the folder that is asked for is a file."""
    (platform.folder / "file").write_text("")
    if place == "results":
        platform.edit('output = "results"', 'output = "file"')
        done = platform.fancare("run")
    else:
        done = platform.fancare("backtest", "--json", platform.folder / "file" / "figures.json")
        assert "TabNet" not in done.err  # said before the work, not after
    assert done.code == 10
    assert str(platform.folder / "file") in said(done)


# --- exit code 11: the log


def test_an_empty_log(fresh: Platform) -> None:
    for path in (fresh.folder / "log").iterdir():
        path.unlink()
    write_log(fresh.folder / "log" / "a.parquet", [])
    done = fancare("run", "--quiet", "--config", fresh.config)
    assert done.code == 11
    assert done.err == (
        "fancare: log/a.parquet holds no rows; an event log is needed: correct [source] path or export again.\n"
    )
    (fresh.folder / "log" / "a.parquet").write_bytes(b"")
    assert "log/a.parquet cannot be read as parquet (" in refused(fresh, 11)


def test_one_creator_only(fresh: Platform) -> None:
    keep(fresh, lambda row: row["creator"] == "weekly00")
    for command in ("check", "train", "run"):
        assert refused(fresh, 11, command) == (
            'The log has one creator only, so there are no creators to compare: set [churn] entity = "fan".'
        )


def test_all_rows_in_the_future(fresh: Platform) -> None:
    keep(fresh, lambda row: True, ahead=timedelta(days=365))
    sentence = refused(fresh, 11)
    assert "rows have impossible times (2027-01-01 to " in sentence
    assert "between 2005 and now (2026-07-01 06:00 UTC): correct the times or the clock given by --now." in sentence


def test_amounts_as_text(fresh: Platform) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [{**row, "amount": "1,000원"} for row in rows_of_the_log()[:200]]
    for path in (fresh.folder / "log").iterdir():
        path.unlink()
    pq.write_table(pa.Table.from_pylist(rows), fresh.folder / "log" / "a.parquet")
    sentence = refused(fresh, 11, "ingest")
    assert "200 of 200 rows are malformed, first row 1 (amount is not a plain number: 1,000원)" in sentence
    assert "Nothing of the file was taken; correct the export and run again." in sentence


def test_a_bad_export_on_another_day_leaves_the_last_good_results(fresh: Platform) -> None:
    export(fresh, "good.jsonl.gz", rows_of_the_log())
    fresh.edit(PARQUET, MIXPANEL)
    assert fresh.fancare("run").code == 0
    bad = export(fresh, "bad.jsonl.gz", [{**ROW, "id": f"n{n}"} for n in range(2000)])
    whole = bad.read_bytes()
    for content, sentence in (
        (whole[:-50], "log/bad.jsonl.gz is cut off or damaged ("),
        (
            gzip.compress(gzip.decompress(whole) + b"{oops\n" * 11),
            "log/bad.jsonl.gz: 11 of 2,011 rows are malformed, first row 2001 (not JSON, from character ",
        ),
        (
            gzip.compress(b"<html>Service Unavailable</html>\n" * 40),
            "log/bad.jsonl.gz: 40 of 40 rows are malformed, first row 1 (not JSON",
        ),
    ):
        bad.write_bytes(content)
        for _ in range(2):  # again: no staging folder, no lock is left behind
            assert sentence in refused(fresh, 11)
    bad.unlink()
    assert fresh.fancare("run").code == 0


def test_a_few_malformed_lines_are_put_aside_and_told(fresh: Platform) -> None:
    fresh.edit(PARQUET, MIXPANEL)
    good = export(fresh, "a.jsonl", rows_of_the_log()[:3000])
    good.write_bytes(good.read_bytes() + b"{oops\n" * 10)
    done = fresh.fancare("ingest")
    assert done.code == 0
    assert "3,010 rows, 3,000 new events, 10 unreadable, see dead_letters" in done.out
    assert fresh.rows("SELECT COUNT(*), MIN(line) FROM dead_letters") == [(10, 3001)]


def test_hostile_names_go_through_everything_as_they_are(fresh: Platform) -> None:
    names = ["x'; DROP TABLE events; --", "a" * 10_000, "방송 💜", "new\nline", "{brace}{0}%s", "back`tick", '"', "\\", "$1 @p ?",
             "\u202etfel", "<img src=x onerror=alert(1)>", "=HYPERLINK(0)", "nul\0"]  # fmt: skip
    creators = {f"weekly{n:02d}": name for n, name in enumerate(names)}

    def rename(row: dict) -> dict:
        own = row["fan"] == row["creator"]
        creator = creators.get(row["creator"], row["creator"])
        event = names[int(row["id"].split("/")[1]) % len(names)] if row["event"] == "message" else row["event"]
        return {**row, "event": event, "creator": creator, "fan": creator if own else row["fan"]}

    keep(fresh, lambda row: True, change=rename)
    done = fresh.fancare("run")
    assert done.code == 0, done.err
    assert "\x1b" not in done.out
    stored = {name.replace("\0", "") for name in names}
    assert {name for (name,) in fresh.rows("SELECT DISTINCT event_name FROM events")} == stored | {"broadcast", "donation"}
    assert stored <= {creator for (creator,) in fresh.rows("SELECT creator_id FROM risk_scores")}
    page = fresh.results()["report_2026-06-29.html"].decode()
    assert "<img src=x" not in page
    for name in ("x'; DROP TABLE events; --", "new\nline", "nul", "{brace}{0}%s"):
        assert fresh.fancare("explain", "--", name).code == 0
    for dialect in ("bigquery", "duckdb"):
        assert "DROP TABLE" in fresh.fancare("sql", "features", "--dialect", dialect).out


# --- exit code 12: not enough history


@pytest.mark.parametrize("days", [2, 20, 60])
def test_history_shorter_than_the_horizons(fresh: Platform, days: int) -> None:
    last = FIRST_DAY + timedelta(days)
    keep(fresh, lambda row: row["ts"].date() <= last)
    needed = FIRST_DAY + timedelta(27 + 7 * (4 + 1 + 4))  # warm-up; then a horizon, two calibration weeks, a horizon
    if days == 20:
        done = fancare("run", "--config", fresh.config, "--now", "2026-07-01")
        assert done.code == 12
        sentence = said(done)
    else:
        sentence = refused(fresh, 12)
    assert sentence == (
        f"The log starts on 2026-01-01 and the model was asked for as of {last - timedelta(1)}; labels over 28 days with 2 "
        f"weeks of calibration are ripe from {needed} on: bring more history, wait until then, or set shorter horizons in "
        f"[churn]."
    )
    assert not fresh.rows("SELECT 1 FROM duckdb_tables() WHERE table_name = 'features_creator'")  # nothing was built in vain


def test_history_for_a_model_but_for_no_backtest(fresh: Platform) -> None:
    keep(fresh, lambda row: row["ts"].date() <= FIRST_DAY + timedelta(100))
    sentence = refused(fresh, 12, "backtest")
    assert "one backtest fold needs data through " in sentence


# --- exit code 13: refused


@pytest.mark.parametrize("command", ["run", "train"])
def test_nobody_at_risk_is_said_before_anything_is_trained(fresh: Platform, command: str) -> None:
    keep(fresh, lambda row: row["event"] != "broadcast" or row["ts"] < datetime(2026, 5, 1))
    assert refused(fresh, 13, command) == (
        "No creator is at risk as of 2026-06-29: none had an event named broadcast in the 28 days before; see [events] and "
        "[churn] active_within_days, or give an earlier day with --as-of."
    )


def test_a_refused_promotion_in_a_process_of_its_own(fresh: Platform) -> None:
    done = fancare("promote", "--config", fresh.config)
    assert done.code == 13
    assert "results:" not in done.out
    assert "has no version in " in said(done)


# --- the log, changed


def keep(
    platform: Platform,
    wanted: Callable[[dict], bool],
    ahead: timedelta = timedelta(0),
    change: Callable[[dict], dict] = lambda row: row,
) -> None:
    """The platform's log in one file with only the wanted rows, later by ``ahead``."""
    for path in (platform.folder / "log").iterdir():
        path.unlink()
    rows = [change({**row, "ts": row["ts"] + ahead}) for row in rows_of_the_log() if wanted(row)]
    write_log(platform.folder / "log" / "a.parquet", rows)


def export(platform: Platform, name: str, rows: list[dict]) -> Path:
    """Rows of the log as a Mixpanel export."""
    lines = []
    for row in rows:
        said = {"time": int((row["ts"] - datetime(1970, 1, 1)).total_seconds()), "$user_id": row["fan"], "$insert_id": row["id"],
                "creator": row["creator"], "amount": row["amount"]}  # fmt: skip
        lines.append(json.dumps({"event": row["event"], "properties": said}))
    text = "\n".join(lines).encode() + b"\n"
    path = platform.folder / "log" / name
    path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    return path
