"""How the risk of everyone scored has moved over the days that were scored, and how many really went quiet before."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from fancare.config import Config
from fancare.warehouse.duckdb_engine import Warehouse

DAYS_SHOWN = 60
WEEKS_SHOWN = 52


@dataclass(frozen=True)
class ScoredDay:
    """One scored day: how many, their mean risk per horizon, how many in each band, and which model said so.

    The sum of risks is the number of entities that are expected to go quiet, if the risks mean what they say.
    """

    as_of: date
    n: int
    mean_risk: tuple[tuple[int, float], ...]
    n_high: int
    n_medium: int
    n_low: int
    n_unknown: int
    model_name: str
    model_version: str
    spec_hash: str
    data_through: date
    scored_at: datetime

    def mean(self, horizon: int) -> float:
        return dict(self.mean_risk)[horizon]

    @property
    def is_banded(self) -> bool:
        """False when nobody has a band: the model is not shown to be worth believing."""
        return self.n_unknown < self.n


@dataclass(frozen=True)
class PastWeek:
    """Of ``n`` that were at risk on a past day, the share that really went quiet over the horizon."""

    as_of: date
    share: float
    n: int


def read(warehouse: Warehouse, config: Config, as_of: date, days: int = DAYS_SHOWN) -> tuple[ScoredDay, ...]:
    """The last scored days up to ``as_of``, oldest first, at most ``days``; none where nothing was scored."""
    if not warehouse.has_table("risk_scores"):
        return ()
    horizons = config.churn.horizons
    means = ", ".join(f"AVG(risk_{h}d)" for h in horizons)  # horizons are whole numbers from the configuration
    rows = warehouse.rows(
        f"""
        SELECT as_of, COUNT(*), COUNTIF(band = 'high'), COUNTIF(band = 'medium'), COUNTIF(band = 'low'),
          COUNTIF(band = 'unknown'), MAX(model_name), MAX(model_version), MAX(spec_hash), MAX(data_through),
          MAX(scored_at), {means}
        FROM risk_scores
        WHERE entity = @entity AND as_of <= @as_of
        GROUP BY as_of
        ORDER BY as_of DESC
        LIMIT {int(days)}
        """,
        {"entity": config.churn.entity, "as_of": as_of},
    )
    return tuple(
        ScoredDay(
            as_of=row[0],
            n=row[1],
            mean_risk=tuple(zip(horizons, row[11:], strict=True)),
            n_high=row[2],
            n_medium=row[3],
            n_low=row[4],
            n_unknown=row[5],
            model_name=row[6],
            model_version=row[7],
            spec_hash=row[8],
            data_through=row[9],
            scored_at=row[10],
        )
        for row in reversed(rows)
    )


def previous_risks(
    warehouse: Warehouse, config: Config, before: date, horizon: int
) -> tuple[date | None, dict[tuple[str | None, str | None], float]]:
    """The newest scored day before ``before`` and everyone's risk then, by (creator_id, fan_id) of today's watchlist."""
    if not (warehouse.has_table("risk_scores") and warehouse.has_table("watchlist")):
        return None, {}
    found = warehouse.value(
        "SELECT MAX(as_of) FROM risk_scores WHERE entity = @entity AND as_of < @before",
        {"entity": config.churn.entity, "before": before},
    )
    if found is None:
        return None, {}
    rows = warehouse.rows(
        f"""
        SELECT past.creator_id, past.fan_id, past.risk_{int(horizon)}d
        FROM risk_scores AS past
        INNER JOIN watchlist AS now
          ON now.entity = past.entity
          AND now.creator_id IS NOT DISTINCT FROM past.creator_id
          AND now.fan_id IS NOT DISTINCT FROM past.fan_id
        WHERE past.entity = @entity AND past.as_of = @found AND now.as_of = @before
        """,
        {"entity": config.churn.entity, "found": found, "before": before},
    )
    return found, {(creator, fan): risk for creator, fan, risk in rows}


def past_churn(
    warehouse: Warehouse, config: Config, as_of: date, horizon: int, weeks: int = WEEKS_SHOWN
) -> tuple[PastWeek, ...]:
    """What came true, week by week, oldest first, at most ``weeks``: only of horizons that had elapsed by ``as_of``.

    From the labels that training made; where they fall on several weekdays, those on the most frequent one.
    """
    if not warehouse.has_table("labels") or f"churned_{horizon}d" not in warehouse.columns_of("labels"):
        return ()
    rows = warehouse.rows(
        f"""
        SELECT as_of, COUNTIF(churned_{int(horizon)}d) / COUNT(*), COUNT(*)
        FROM labels
        WHERE entity = @entity AND churned_{int(horizon)}d IS NOT NULL AND as_of <= @last
        GROUP BY as_of
        ORDER BY as_of
        """,
        {"entity": config.churn.entity, "last": as_of - timedelta(horizon)},
    )
    on = Counter(row[0].weekday() for row in rows)
    found = [PastWeek(*row) for row in rows if row[0].weekday() == max(on, key=lambda day: (on[day], day))]
    return tuple(found[-weeks:])
