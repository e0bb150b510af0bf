"""A small platform for the tests of the reports: tables as the stages before would have written them, drawn from a seed."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from fancare.config import Config, load
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import ACTIVITY_DAILY, COHORT, RISK_REASONS, Table, risk_scores_table

AS_OF = date(2026, 6, 30)
HORIZONS = (7, 14, 28)

CONFIG = """
[source]
kind = "mixpanel-export"
path = "events/*.jsonl"

[source.columns]
creator_id = "creator_id"
amount = "amount"

[events]
creator_acts = ["broadcast", "creator_message"]
creator_activity = ["broadcast", "creator_message"]
fan_activity = ["message", "donation"]
revenue = ["donation"]

[churn]
entity = "{entity}"

[ops]
capacity = {capacity}
"""


def config(folder: Path, entity: str = "creator", capacity: int = 20) -> Config:
    """A configuration in ``folder`` like the README's."""
    path = folder / "fancare.toml"
    path.write_text(CONFIG.format(entity=entity, capacity=capacity), encoding="utf-8")
    return load(path)


def put(warehouse: Warehouse, table: Table, rows: list[dict]) -> None:
    """Append rows given as column → value; columns left out are null."""
    types = {"STRING": pa.string(), "INT64": pa.int64(), "FLOAT64": pa.float64(), "DATE": pa.date32(),
             "TIMESTAMP": pa.timestamp("us"), "BOOL": pa.bool_(), "JSON": pa.string()}  # fmt: skip
    columns = {c.name: pa.array([row.get(c.name) for row in rows], types[c.type]) for c in table.columns}
    warehouse.append(table, pa.table(columns))


def activity(day: date, actor: str, creator: str | None, fan: str | None, name: str, n: int = 1, **more) -> dict:
    """One row of activity_daily, known from its own day on unless ``known_from`` says otherwise."""
    row = {"activity_date": day, "actor": actor, "creator_id": creator, "fan_id": fan, "event_name": name, "n_events": n}
    return row | {"known_from": day} | more


def score(as_of: date, rank: int | None, risks: tuple[float, ...], creator: str | None = None, fan: str | None = None,
          band: str = "high", version: str = "20260630-1a2b3c", entity: str = "creator") -> dict:  # fmt: skip
    """One row of risk_scores."""
    return {
        "entity": entity, "creator_id": creator, "fan_id": fan, "as_of": as_of, "band": band, "rank": rank,
        "model_name": "creator_churn", "model_version": version, "spec_hash": "5f2d9c" * 10, "data_through": as_of,
        "scored_at": datetime(as_of.year, as_of.month, as_of.day, 21, 5),
        **{f"risk_{h}d": risk for h, risk in zip(HORIZONS, risks, strict=True)},
    }  # fmt: skip


def reason(as_of: date, position: int, effect: float, texts: tuple[str, str], creator: str | None = None,
           fan: str | None = None, entity: str = "creator", joint: float | None = None) -> dict:  # fmt: skip
    """One row of risk_reasons; ``texts`` are its sentences in Korean and English, ``joint`` the joint effect if another."""
    return {
        "entity": entity, "creator_id": creator, "fan_id": fan, "as_of": as_of, "position": position, "code": "silence",
        "effect": effect, "joint_effect": effect if joint is None else joint, "horizon": 14,
        "features": "recency_days", "fact": "{}",
        "model_version": "20260630-1a2b3c", "text_ko": texts[0], "text_en": texts[1],
    }  # fmt: skip


def platform(warehouse: Warehouse, as_of: date = AS_OF, seed: int = 0, creators: int = 60, weeks: int = 40,
             scored_days: int = 12, hostile: dict[int, str] | None = None) -> None:  # fmt: skip
    """Fill the tables: creators with their own rhythm and end, their fans, scores of the last days, reasons."""
    rng = np.random.default_rng(seed)
    names = [(hostile or {}).get(i, f"celeb_{i:03}") for i in range(creators)]
    gap = rng.gamma(2.0, 1.6, creators) + 0.6
    end = np.where(rng.random(creators) < 0.35, rng.integers(0, 30, creators), 0)  # silent for so many days
    start = rng.integers(0, weeks * 7 - 60, creators)
    fans = rng.lognormal(2.2, 0.8, creators).astype(int) + 1
    rows, last = [], {}
    for i, name in enumerate(names):
        day = weeks * 7 - int(start[i])
        while day >= end[i]:
            date_ = as_of - timedelta(day)
            last[i] = date_
            rows.append(activity(date_, "creator", name, None, "broadcast", int(rng.integers(1, 4))))
            audience = rng.permutation(fans[i])[: max(1, int(fans[i] * 0.6))]
            for fan in audience:
                fan_id = f"fan_{(i * 37 + fan) % 900:04}"
                rows.append(activity(date_, "fan", name, fan_id, "message", int(rng.integers(1, 9))))
                if rng.random() < 0.08:
                    amount = float(np.round(rng.lognormal(8.8, 1.0), -2))
                    rows.append(activity(date_, "fan", name, fan_id, "donation", 1, amount_sum=amount, amount_max=amount))
            day -= max(1, round(rng.exponential(gap[i])))
    put(warehouse, ACTIVITY_DAILY, rows)

    scored = [i for i in range(creators) if (as_of - last[i]).days < 28]
    put(warehouse, COHORT, [
        {"entity": "creator", "creator_id": names[i], "as_of": as_of, "last_active_date": last[i]} for i in scored
    ])  # fmt: skip
    silence = {i: (as_of - last[i]).days for i in scored}
    logit = {i: -1.6 + 0.9 * np.log1p(silence[i] / gap[i]) + 0.25 * gap[i] + rng.normal(0, 0.4) for i in scored}
    scores, reasons = [], []
    for back in range(scored_days - 1, -1, -1):
        day = as_of - timedelta(back)
        risk = {i: 1 / (1 + np.exp(-(logit[i] - 0.06 * back + rng.normal(0, 0.1)))) for i in scored}
        for rank, i in enumerate(sorted(scored, key=lambda i: -risk[i]), start=1):
            r7, r14, r28 = min(risk[i] * 1.25, 0.99), risk[i], risk[i] * 0.8
            band = "high" if r14 >= 0.6 else "medium" if r14 >= 0.3 else "low"
            scores.append(score(day, rank, (r7, r14, r28), names[i], band=band))
            if back == 0 and rank <= 30:
                ratio = round(silence[i] / gap[i], 1)
                usual = f"{gap[i]:.1f}"
                joint = 0.31 * r14 + 0.07  # less than both together
                reasons += [
                    reason(day, 1, 0.31 * r14, (
                        f"마지막 활동 후 {silence[i]}일 – 평소 간격({usual}일)의 {ratio}배",
                        f"{silence[i]} days since the last activity – {ratio} times the usual gap ({usual} days)",
                    ), names[i], joint=joint),
                    reason(day, 2, 0.12, (
                        "'broadcast' – 최근 14일 주당 1회, 그 전 주당 4.5회에서 감소",
                        "'broadcast' – 1 a week in the last 14 days, down from 4.5 a week",
                    ), names[i], joint=joint),
                    reason(day, 3, -0.054, (
                        "최근 28일 중 활동한 날 11일 (일반적으로 7일)", "active on 11 of the last 28 days (typically 7)",
                    ), names[i]),
                ]  # fmt: skip
    put(warehouse, risk_scores_table(HORIZONS), scores)
    put(warehouse, RISK_REASONS, reasons)


CONTRIBUTIONS = [
    ("마지막 활동 이후의 침묵", "silence since the last activity", 0.142),
    ("'broadcast' 활동", "'broadcast' activity", 0.081),
    ("활동 리듬", "rhythm", 0.052),
    ("전체 활동량", "overall activity", 0.047),
    ("방·팬 구성", "rooms and fans", 0.021),
    ("후원 금액", "amounts", 0.012),
    ("이용 기간", "tenure", 0.006),
    ("요일 습관", "weekday habits", 0.002),
]


def backtest(**changes) -> dict:
    """A backtest's JSON, as `fancare backtest --json` writes it."""
    rates = {"7": 0.31, "14": 0.19, "28": 0.12}
    gains = {"tabnet": 0.0, "hist_gradient_boosting": 0.004, "logistic_regression": -0.018, "recency": -0.061}

    def figures(h: str, gain: float) -> dict:
        auc = 0.846 + 0.01 * (int(h) > 7) + gain
        return {"auc": auc, "auc_low": auc - 0.021, "auc_high": auc + 0.019, "average_precision": rates[h] * (2.3 + 4 * gain),
                "log_loss": 0.41, "brier": 0.12, "ece": 0.017 - gain / 8, "lift_at_10pct": 3.4 + 9 * gain, "n": 12345,
                "churn_rate": rates[h]}  # fmt: skip

    bins = [{"said": (i + 0.5) / 12, "happened": min(1, (i + 0.5) / 12 * 1.08), "n": 823} for i in range(12)]
    return {
        "entity": "creator",
        "folds": [{"origin": "2026-03-31"}, {"origin": "2026-04-28"}, {"origin": "2026-05-26"}],
        "horizons": {h: {name: figures(h, gain) for name, gain in gains.items()} for h in rates},
        "order_violations": 0,
        "fit_cpu_seconds": {"tabnet": 31.0},
        "tabnet_minus": {"recency": {"estimate": 0.061, "low": 0.044, "high": 0.078}},
        "reliability": {"14": bins},
        "at_capacity": {"capacity": 20, "n_days": 12, "horizons": {"14": {"tabnet": {
            "precision": {"estimate": 0.6, "low": 0.52, "high": 0.7}, "lift": {"estimate": 3.1, "low": 2.5, "high": 3.5}}}}},
        "cohorts": {
            "new": {"horizons": {"14": {"n": 90, "churn_rate": 0.3, "auc": 0.71, "auc_low": None, "auc_high": None}}},
            "top": {"horizons": {"14": {"n": 1234, "churn_rate": 0.1, "auc": 0.91, "auc_low": 0.88, "auc_high": 0.94}}},
        },
        "alarm": None,
        "cannot_say": None,
    } | changes  # fmt: skip
