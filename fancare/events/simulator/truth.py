"""What was really so, as files beside the log; no pipeline may read them, tests and the backtest's ceiling do.

* ``truth.parquet``, a row per creator: ``creator_id``, ``joined`` and ``ended`` (dates; ended is the first day of the
  end, null where there is none), ``rhythm``, ``usual_gap_days``, ``active_days``, ``also_fan`` (of others), ``genre``
* ``truth_days.parquet``, a row per creator and day on the platform: ``creator_id``, ``day``, the day's counts of
  CREATOR_ACTS, ``active``, ``phase``
* ``truth_risk.parquet``, a row per creator and day from the first act in the log on: ``creator_id``, ``as_of``,
  ``recency_days``, ``risk_7d``, ``risk_14d``, ``risk_28d``
* ``truth_rooms.parquet``, a row per room and stretch of one class: ``creator_id``, ``fan_id``, ``class``, ``first_day``,
  ``last_day``
* ``truth_fans.parquet``, a row per fan: ``fan_id``, ``joined``, ``left`` (null: stayed), ``generosity``, ``bot``,
  ``also_creator``
* ``truth_devices.parquet``, a row per device: ``device_id``, ``user_id`` (its account), ``person_id`` (differs on a second
  account), ``identified_at`` (UTC; null: never used), ``merged_at`` (UTC; when the log is told that a second account is
  that person's, be it after its end; null: no second account)
* ``truth_seasons.parquet``, a row per genre and day: ``genre``, ``day``, ``season``; only where there are seasons
* ``truth_faults.parquet``, a row per line and fault, see `fancare.events.simulator.faults`
* ``truth.toml``: world, seed, the planted ``creator_effect``, whether it is ``confounded``, and all constants
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fancare.events.simulator import names
from fancare.events.simulator.bots import BotAccounts
from fancare.events.simulator.conditional_risk import HORIZONS, TrueRisk, true_risk
from fancare.events.simulator.devices import Devices
from fancare.events.simulator.hidden_chain import chain_of
from fancare.events.simulator.life import ENDED, NOT_YET, PHASES, Life
from fancare.events.simulator.manifest import manifest
from fancare.events.simulator.memoryless import constant_risk
from fancare.events.simulator.steady import steady
from fancare.events.simulator.world import CREATOR_ACTS, ROOM_CLASSES, Memoryless, World
from fancare.progress import Progress


def write_truth(
    world: World,
    seed: int,
    life: Life,
    bots: BotAccounts,
    devices: Devices,
    people: list[str],
    users: list[str],
    device_ids: list[str],
    faults: pa.Table,
    first_day: date,
    out: Path,
    progress: Progress,
) -> dict[str, Path]:
    """The truth's files by what they are about: "creators", "days", "risk" …; see the table above."""
    start = np.datetime64(first_day)
    tables = {
        "creators": ("truth.parquet", _creators(life, start)),
        "days": ("truth_days.parquet", _days(life, start)),
        "risk": ("truth_risk.parquet", _risks(_true_risk(world, life, progress), start)),
        "rooms": ("truth_rooms.parquet", _rooms(life, people, start)),
        "fans": ("truth_fans.parquet", _fans(life, bots, people, start)),
        "devices": ("truth_devices.parquet", _devices(devices, people, users, device_ids)),
        "faults": ("truth_faults.parquet", faults),
    }
    if life.minds is not None and len(life.minds.outside.season_moves) > 1:
        tables["seasons"] = ("truth_seasons.parquet", _seasons(life, start))
    for name, table in tables.values():
        pq.write_table(table, out / name)
    (out / "truth.toml").write_text(manifest(world, seed, life, first_day), encoding="utf-8")
    return {key: out / name for key, (name, _) in tables.items()} | {"manifest": out / "truth.toml"}


def _true_risk(world: World, life: Life, progress: Progress) -> TrueRisk:
    if isinstance(world.life, Memoryless):
        return constant_risk(world.life, life.creator_active)
    assert life.minds is not None
    chain = chain_of(world.life.creators)
    return true_risk(chain, steady(chain), life.acts, life.own_visits, life.minds, progress)


def _creator_ids(life: Life) -> np.ndarray:
    return np.array([names.creator_id(c) for c in range(len(life.joined))])


def _creators(life: Life, start: np.datetime64) -> pa.Table:
    return pa.table(
        {
            "creator_id": _creator_ids(life),
            "joined": pa.array(start + life.joined),
            "ended": pa.array(start + life.ended, mask=life.ended >= life.days),
            "rhythm": pa.array(life.rhythm.tolist()),
            "usual_gap_days": life.usual_gap,
            "active_days": life.creator_active.sum(axis=1),
            "also_fan": np.isin(np.arange(len(life.joined)), life.creator_of_fan),
            "genre": life.minds.genre if life.minds is not None else np.zeros(len(life.joined), np.int64),
        }
    )


def _days(life: Life, start: np.datetime64) -> pa.Table:
    creator, day = np.nonzero((life.phase != ENDED) & (life.phase != NOT_YET))
    return pa.table(
        {
            "creator_id": _creator_ids(life)[creator],
            "day": pa.array(start + day),
            **{name: life.acts[creator, day, at] for at, name in enumerate(CREATOR_ACTS)},
            "active": life.creator_active[creator, day],
            "phase": pa.array([PHASES[code] for code in life.phase[creator, day].tolist()]),
        }
    )


def _risks(true: TrueRisk, start: np.datetime64) -> pa.Table:
    creator, day = np.nonzero(true.silence >= 0)
    ids = pa.DictionaryArray.from_arrays(
        pa.array(creator, pa.int32()), pa.array([names.creator_id(c) for c in range(len(true.silence))])
    )
    return pa.table(
        {
            "creator_id": ids.cast(pa.string()),
            "as_of": pa.array(start + day),
            "recency_days": true.silence[creator, day],
            **{f"risk_{h}d": true.risk[creator, day, at] for at, h in enumerate(HORIZONS)},
        }
    )


def _rooms(life: Life, people: list[str], start: np.datetime64) -> pa.Table:
    rooms = life.rooms
    fans = np.array(people)
    return pa.table(
        {
            "creator_id": _creator_ids(life)[life.room_creator[rooms.room]],
            "fan_id": fans[life.room_fan[rooms.room]],
            "class": np.array(ROOM_CLASSES)[rooms.kind],
            "first_day": pa.array(start + rooms.first_day),
            "last_day": pa.array(start + rooms.last_day),
        }
    )


def _fans(life: Life, bots: BotAccounts, people: list[str], start: np.datetime64) -> pa.Table:
    n, b = len(life.fan_joined), len(bots.creator)
    left = np.concatenate([life.fan_left, bots.last_day + 1])
    return pa.table(
        {
            "fan_id": people,
            "joined": pa.array(start + np.concatenate([life.fan_joined, bots.first_day])),
            "left": pa.array(start + left, mask=left >= life.days),
            "generosity": np.concatenate([life.generosity, np.ones(b)]),
            "bot": np.arange(n + b) >= n,
            "also_creator": np.concatenate([life.creator_of_fan >= 0, np.zeros(b, bool)]),
        }
    )


def _devices(devices: Devices, people: list[str], users: list[str], device_ids: list[str]) -> pa.Table:
    never = devices.identified == np.iinfo(np.int64).max
    identified = np.where(never, 0, devices.identified).astype("datetime64[s]")
    person = [people[fan] if fan >= 0 else user for fan, user in zip(devices.fan.tolist(), users, strict=True)]
    merged, has = np.zeros(len(users), np.int64), np.zeros(len(users), bool)
    merged[devices.second.device], has[devices.second.device] = devices.second.merged, True
    return pa.table(
        {
            "device_id": device_ids,
            "user_id": users,
            "person_id": person,
            "identified_at": pa.array(identified, mask=never),
            "merged_at": pa.array(merged.astype("datetime64[s]"), mask=~has),
        }
    )


def _seasons(life: Life, start: np.datetime64) -> pa.Table:
    assert life.minds is not None
    season = life.minds.outside.season[:, life.minds.outside.at(0) :]
    genre, day = np.indices(season.shape).reshape(2, -1)
    return pa.table({"genre": genre, "day": pa.array(start + day), "season": season.ravel()})
