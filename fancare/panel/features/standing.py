"""Where the entity stands among all that are at risk on the same day, and how the platform as a whole moves.

Both depend on the cohort of that one as_of alone: a day built to be scored has the ranks it would have in training.
"""

from __future__ import annotations

from fancare.panel import bits
from fancare.panel.feature import Feature
from fancare.panel.features.activity import ACT
from fancare.panel.features.record import record


def standing_sql(key: tuple[str, ...]) -> str:
    """Ranks from 0 (least) to 1 (most) within each as_of's cohort, and its means; over ``snapshot`` and ``own``."""
    ids = ", ".join(f"snapshot.{k}" for k in key)
    on = " AND ".join(f"own.{k} = snapshot.{k}" for k in key)
    measured = {
        "recency": bits.recency(ACT),
        **{f"days_{w}": f"COALESCE({bits.active_days(ACT, w)}, 0)" for w in (7, 28, 84)},
        **{f"events_{w}": f"COALESCE({ACT}_n{w}, 0)" for w in (28, 84)},
    }
    ranked = ("recency", "days_28", "days_84", "events_28", "events_84")
    ranks = ", ".join(f"PERCENT_RANK() OVER (PARTITION BY as_of ORDER BY {m}) AS {m}_rank" for m in ranked)
    sums = ", ".join(f"SUM(days_{w}) OVER (PARTITION BY as_of) AS all_days_{w}" for w in (7, 28, 84))
    return f"""
SELECT as_of, {", ".join(key)}, {ranks}, {sums},
  AVG(IF(recency < 7, 1.0, 0.0)) OVER (PARTITION BY as_of) AS active_share_7,
  AVG(recency) OVER (PARTITION BY as_of) AS silence_mean,
  AVG(days_28) OVER (PARTITION BY as_of) AS days_mean_28
FROM (
  SELECT snapshot.as_of, {ids}, {", ".join(f"{sql} AS {name}" for name, sql in measured.items())}
  FROM snapshot
  LEFT JOIN own ON own.as_of = snapshot.as_of AND {on}
) AS measured"""


def standing() -> list[Feature]:
    """Ranks among, and means of, those at risk on the same day."""

    def rank(name: str, ko: str, en: str, column: str, window: int | None) -> Feature:
        return record(f"{name}_rank", "standing", "share", f"{ko}의 순위(0: 가장 적음, 1: 가장 많음)",
                      f"rank by {en} among all (0: least, 1: most)", f"standing.{column}_rank", block="standing", window=window)  # fmt: skip

    def level(name: str, unit: str, ko: str, en: str, expression: str, window: int) -> Feature:
        return record(name, "platform", unit, ko, en, expression, block="standing", window=window)

    return [
        rank("recency", "마지막 활동 후 일수", "days since the last activity", "recency", None),
        *(rank(f"active_days_{w}d", f"{w}일 활동일 수", f"active days of {w}", f"days_{w}", w) for w in (28, 84)),
        *(rank(f"events_{w}d", f"{w}일 활동 건수", f"activity events of {w} days", f"events_{w}", w) for w in (28, 84)),
        record("active_days_rank_change", "standing", "index", "활동일 순위의 변화(28일 − 84일)", "rank by active days: of 28 less of 84",
               "standing.days_28_rank - standing.days_84_rank", block="standing", window=84),
        record("active_days_28d_to_all", "standing", "share", "28일 활동일 수 ÷ 전체 평균", "active days of 28 by the mean of all",
               f"SAFE_DIVIDE({bits.active_days(ACT, 28)}, standing.days_mean_28)", block="standing", window=28),
        level("all_active_share_7d", "share", "전체 중 최근 7일 활동한 비율", "share of all that were active within 7 days",
              "standing.active_share_7", 7),
        level("all_silence_mean_days", "days", "전체의 마지막 활동 후 평균 일수", "days since the last activity, mean of all",
              "standing.silence_mean", 84),
        level("all_active_days_trend_7d", "share", "전체 활동일: 최근 7일 ÷ 이전 21일의 주평균", "active days of all: 7 days by the 3 weeks before",
              "SAFE_DIVIDE(3 * standing.all_days_7, standing.all_days_28 - standing.all_days_7)", 28),
        level("all_active_days_trend_28d", "share", "전체 활동일: 최근 28일 ÷ 이전 56일의 4주 평균",
              "active days of all: 28 days by the 8 weeks before",
              "SAFE_DIVIDE(2 * standing.all_days_28, standing.all_days_84 - standing.all_days_28)", 84),
    ]  # fmt: skip
