"""Why the gap model is as it is: how well the next gap of real logs is foretold, with and without each of its parts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from fancare.config import load
from fancare.events.extent import log_extent
from fancare.events.ingest import ingest
from fancare.panel.cycles import gap_family, pooled_gaps
from fancare.panel.cycles.active_days import ActiveDays, day_of, read
from fancare.panel.cycles.promise import GONE_DAYS, split_day
from fancare.warehouse.duckdb_engine import Warehouse
from tests.real_logs import REAL_LOGS

CONFIGS = Path(__file__).resolve().parents[1] / "functional" / "logs"
NOW = datetime(2027, 1, 1, tzinfo=UTC)
MOST = 8_000  # later spells that are foretold


def split_log(name: str, folder: Path) -> tuple[ActiveDays, ActiveDays]:
    """The log's active days as known on the split day, and on its last."""
    text = (CONFIGS / f"{name}.toml").read_text(encoding="utf-8")
    (folder / "fancare.toml").write_text(
        text.replace(f'"{name}.parquet"', f'"{REAL_LOGS / name}.parquet"'), encoding="utf-8"
    )
    config = load(folder / "fancare.toml")
    with Warehouse.in_memory() as warehouse:
        ingest(warehouse, config, NOW)
        whole = read(warehouse, config, log_extent(warehouse, config).data_through)
        return read(warehouse, config, split_day(day_of(whole.days.min()), whole.as_of)), whole


def score(before: ActiveDays, whole: ActiveDays) -> float:
    """The mean log probability that was given, before it, to what came after each later activity: a gap of that length, or
    silence for GONE_DAYS.
    """
    pooled = pooled_gaps.fit_pooled_gaps(before)
    family = pooled_gaps.gap_family()
    later = (whole.days > before.last_day) & (whole.days + GONE_DAYS <= whole.last_day)
    spells = np.sort(np.random.default_rng(0).permutation(np.flatnonzero(later))[:MOST])
    total = 0.0
    for start in range(0, len(spells), 1000):
        chunk = spells[start : start + 1000]
        counts = pooled_gaps.past_gaps(whole, chunk)
        n_gaps = counts.sum(axis=1).astype(int)
        rhythm, returning = pooled._posterior(counts)
        stayed = np.array([pooled.weights @ (1 - pooled_gaps.LEAVING) ** n for n in range(pooled_gaps.RECENT_GAPS + 2)])
        stays = (rhythm * stayed[n_gaps + 1] / np.maximum(stayed[n_gaps], 1e-300)).sum(axis=1)  # comes back at all
        length = whole.length[chunk]
        came = ~whole.is_open[chunk] & (length <= GONE_DAYS)
        chance = np.exp(family.log_probability.astype(float)).T[np.minimum(length, gap_family.LONGEST_DAYS + 1) - 1]
        back = stays * (returning * chance).sum(axis=1)
        by_then = stays * (returning @ (1 - family.survival[:, GONE_DAYS]))
        total += float(np.log(np.where(came, back, 1 - by_then)).sum())
    return total / len(spells)


def only(tails: tuple[float, ...]) -> Callable[[], gap_family.GapFamily]:
    """What gives the family with these tails; a tail that is left out is stood in for by one that stays."""
    stand_ins = [tail if tail in tails else tails[0] for tail in gap_family.TAILS]
    days = np.arange(gap_family.LONGEST_DAYS + 1)
    beyond = np.array([
        gap_family.survival(m, s, c, days) for m in gap_family.MEDIANS for s in gap_family.SHAPES for c in stand_ins
    ])  # fmt: skip
    probability = np.column_stack([beyond[:, :-1] - beyond[:, 1:], beyond[:, -1]])
    family = gap_family.GapFamily(beyond, np.log(np.maximum(probability, gap_family.LEAST)).astype(np.float32))
    return lambda: family


@pytest.mark.benchmark
@pytest.mark.real_data
@pytest.mark.parametrize("name", ["tips", "rooms", "tv_chat"])
def test_each_part_of_the_model_earns_its_place(name, tmp_path, monkeypatch, capsys):
    if not (REAL_LOGS / f"{name}.parquet").exists():
        pytest.skip(f"{name} is not there")
    before, whole = split_log(name, tmp_path)
    found = {"as it is": score(before, whole)}
    for what, place, value in (
        ("Weibull only", "gap_family", only((np.inf,))),
        ("log-logistic only", "gap_family", only((1.0,))),
        ("nobody leaves", "LEAVING", np.zeros(1)),
        ("last 10 gaps", "RECENT_GAPS", 10),
        ("last 60 gaps", "RECENT_GAPS", 60),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(pooled_gaps, place, value)
            found[what] = score(before, whole)
    with capsys.disabled():
        print(f"\n{name}: " + ", ".join(f"{what} {value:.4f}" for what, value in found.items()))
    assert found["as it is"] > found["Weibull only"]
    assert found["as it is"] > found["nobody leaves"]
    assert found["as it is"] > found["last 60 gaps"]
    assert found["as it is"] > found["log-logistic only"] - 0.005
