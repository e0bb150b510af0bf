"""The main job on real event logs that are not part of the repository: a dozen lines of config each, the figures they reach."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.real_logs import REAL_LOGS

CONFIGS = Path(__file__).parent / "logs"
PEAK_GB = 2.5
WITHIN = 0.01  # mean AUC that TabNet may lie below gradient boosting

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.slow,
    pytest.mark.skipif(not REAL_LOGS.is_dir(), reason="the real logs are not here"),
]


def run_main_job(name: str, folder: Path) -> tuple[dict[str, Any], float]:
    """The backtest in the champion's manifest, and the peak resident memory in GB."""
    (folder / "fancare.toml").write_text(
        (CONFIGS / f"{name}.toml").read_text().replace('path = "', f'path = "{REAL_LOGS}/')
    )
    fancare = Path(sys.executable).with_name("fancare")
    with open(folder / "told.txt", "w") as told:
        process = subprocess.Popen(
            [fancare, "run", "--config", folder / "fancare.toml", "--now", "2026-11-24T09:00:00+00:00"],
            stdout=told,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, (folder / "told.txt").read_text()[-3000:]
    (manifest,) = folder.glob("models/registry/*/*/manifest.json")
    return json.loads(manifest.read_text())["backtest"], usage.ru_maxrss / 1e6


def count(folder: Path, sql: str) -> int:
    with duckdb.connect(str(folder / "data" / "fancare.duckdb"), read_only=True) as tables:
        row = tables.execute(sql).fetchone()
    assert row is not None
    return int(row[0])


def statuses(folder: Path) -> dict[str, str]:
    """How each check of the one version's leakage certificate ended."""
    (path,) = folder.glob("models/registry/*/*/certificate.json")
    return {check["name"]: check["status"] for check in json.loads(path.read_text())["checks"]}


def assert_passes_by_event_time_only(folder: Path) -> None:
    """None of these logs says when its events arrived."""
    found = statuses(folder)
    assert found.pop("as_known_then") == "event_time_only"
    assert set(found) == {"future_scrambled", "training_rows_only", "labels_ripe", "no_identity"}
    assert set(found.values()) == {"passed"}


def assert_monitored_sensibly(folder: Path) -> None:
    """Every feature of the model and every risk stands beside its bins; nothing is ripe on the day of the first scores."""
    (path,) = folder.glob("models/registry/*/*/manifest.json")
    features = json.loads(path.read_text())["features"]
    assert count(folder, "SELECT count(*) FROM drift WHERE kind = 'feature'") == len(features)
    assert count(folder, "SELECT count(*) FROM drift WHERE kind = 'score'") == 3
    assert count(folder, "SELECT count(DISTINCT n) FROM drift") == 1
    assert count(folder, "SELECT max(n) FROM drift") == count(folder, "SELECT count(*) FROM risk_scores")
    assert count(folder, "SELECT count(*) FROM drift WHERE NOT (isfinite(psi) AND psi >= 0 AND isfinite(bound))") == 0
    assert count(folder, "SELECT count(*) FROM drift WHERE (verdict = 'drifted') != (psi > bound)") == 0
    assert count(folder, "SELECT count(*) FROM drift WHERE undefined_now NOT BETWEEN 0 AND 1") == 0
    assert (
        count(folder, "SELECT count(*) FROM drift WHERE verdict = 'drifted'") < len(features) / 2
    )  # the model is a day old
    assert count(folder, "SELECT count(*) FROM performance") == 0


@pytest.mark.parametrize(
    ("name", "auc_at_least", "ece_at_most"),
    [
        # tips doubled until late April and shrank by a third in May: no label that was ripe by then tells of the turn
        ("tips", 0.865, {"7": 0.03, "14": 0.045, "28": 0.07}),
        ("rooms", 0.81, {"7": 0.03, "14": 0.03, "28": 0.03}),
        ("tv_chat", 0.83, {"7": 0.03, "14": 0.03, "28": 0.03}),
    ],
)
def test_tabnet_is_worth_its_place(
    name: str, auc_at_least: float, ece_at_most: dict[str, float], tmp_path: Path
) -> None:
    backtest, peak_gb = run_main_job(name, tmp_path)
    mean = backtest["mean_auc"]
    assert mean["tabnet"] >= auc_at_least
    assert mean["tabnet"] > mean["recency"]
    assert backtest["tabnet_minus"]["recency"]["low"] > 0
    assert mean["tabnet"] >= mean["hist_gradient_boosting"] - WITHIN
    assert backtest["order_violations"] == 0
    reached = {h: by_model["tabnet"]["ece"] for h, by_model in backtest["horizons"].items()}
    assert all(reached[h] <= ece_at_most[h] for h in reached), reached
    assert peak_gb <= PEAK_GB
    assert count(tmp_path, "SELECT count(*) FROM watchlist") == 20
    assert count(tmp_path, "SELECT count(*) FROM risk_scores WHERE risk_7d < risk_14d OR risk_14d < risk_28d") == 0
    assert list((tmp_path / "out").glob("*.html"))
    assert list((tmp_path / "out").glob("*.csv"))
    assert_passes_by_event_time_only(tmp_path)
    assert_monitored_sensibly(tmp_path)


def test_a_log_without_meaning_ends_in_cannot_say(tmp_path: Path) -> None:
    backtest, peak_gb = run_main_job("mixpanel_sample", tmp_path)
    assert backtest["cannot_say"]
    assert peak_gb <= PEAK_GB
    assert count(tmp_path, "SELECT count(*) FROM risk_scores WHERE band = 'unknown' AND rank IS NULL") > 0
    assert count(tmp_path, "SELECT count(*) FROM risk_scores WHERE band <> 'unknown' OR rank IS NOT NULL") == 0
    assert count(tmp_path, "SELECT count(*) FROM watchlist") == 0
