"""The blocks features are made of: weekly buckets of daily activity, aggregated as seen from each as_of.

    activity_daily ──▶ week buckets (once per build) ──▶ 12 weeks × as_of ──▶ counts, bits, amounts per block
                   └─▶ activity days ──▶ gaps as seen from each as_of (the rhythm)
                   └─▶ first days    ──▶ tenure

A bucket is one key (creator, room or fan), one week and one state of knowledge. Weeks are numbered from ``@base`` so that
every as_of is the last day of its week; a row counts at an as_of of week w iff ``known_week <= w < until_week``.
Week buckets make a build about five times cheaper than joining days to as_ofs; the tests hold both to the same cells.
"""

from __future__ import annotations

from dataclasses import dataclass

from fancare.panel.event_slots import Slot

ACTIVITY_WINDOWS = (7, 14, 21, 28, 42, 56, 84)
SLOT_WINDOWS = (7, 14, 28, 56, 84)
AMOUNT_WINDOWS = (7, 14, 28, 56, 84)
WEEKS = 12
NTH_LAST_DAYS = (2, 3, 4, 5, 7, 10, 15, 20)
HALF_LIVES = (3, 7, 14, 28)  # days
SILENCE_AND = (0, 7, 14, 28)  # days more than the silence that own gaps are held against
LONG_GAPS = (3, 7, 14)  # days


@dataclass(frozen=True)
class Measure:
    """One kind of event inside a block: its counts over windows (and by week), its days as bits, its amounts."""

    alias: str
    condition: str
    windows: tuple[int, ...]
    amounts: bool = False
    weekly: bool = False


@dataclass(frozen=True)
class Block:
    """Activity grouped by one key; ``table`` is the temporary table of its week buckets."""

    name: str
    key: tuple[str, ...]
    where: str
    measures: tuple[Measure, ...]

    @property
    def table(self) -> str:
        return f"{self.name}_weeks"

    @property
    def keys(self) -> str:
        return ", ".join(self.key)


def activity_measures(revenue: bool, other_events: bool) -> tuple[Measure, ...]:
    """What every entity's own block counts: its activity, and where they exist any event and revenue."""
    measures = [Measure("act", "is_activity", ACTIVITY_WINDOWS, weekly=True)]
    if other_events:
        measures.append(Measure("any", "TRUE", SLOT_WINDOWS))
    if revenue:
        measures.append(Measure("rev", "is_revenue", SLOT_WINDOWS, amounts=True))
    return tuple(measures)


def slot_measures(slots: tuple[Slot, ...]) -> tuple[Measure, ...]:
    return tuple(Measure(f"s{slot.number}", f"slot = {slot.number}", SLOT_WINDOWS, slot.has_amount) for slot in slots)


def bucket_sql(block: Block) -> str:
    """Week buckets of a block: counts, days as 7 bits (bit 0 = the week's last day), amounts."""
    columns = []
    for m in block.measures:
        columns.append(f"SUM(IF({m.condition}, n_events, 0)) AS {m.alias}_n")
        columns.append(f"BIT_OR(IF({m.condition}, day_bit, 0)) AS {m.alias}_bits")
        if m.amounts:
            columns.append(f"SUM(IF({m.condition}, IFNULL(amount_sum, 0), 0)) AS {m.alias}_sum")
            columns.append(f"MAX(IF({m.condition}, amount_max, NULL)) AS {m.alias}_max")
    return f"""
SELECT {block.keys}, week, known_week, until_week, {", ".join(columns)}
FROM (
  SELECT day.creator_id, day.fan_id, day.n_events, day.amount_sum, day.amount_max,
    slots.slot, slots.is_activity, slots.is_fan_activity, slots.is_revenue,
    DIV(DATE_DIFF(day.activity_date, @base, DAY), 7) AS week,
    DIV(DATE_DIFF(day.known_from, @base, DAY), 7) AS known_week,
    DIV(DATE_DIFF(day.known_until, @base, DAY), 7) AS until_week,
    1 << (6 - MOD(DATE_DIFF(day.activity_date, @base, DAY), 7)) AS day_bit
  FROM activity_daily AS day
  INNER JOIN event_slots AS slots ON slots.actor = day.actor AND slots.event_name = day.event_name
  WHERE day.activity_date BETWEEN @from_day AND @to_day AND {block.where}
) AS daily
GROUP BY {block.keys}, week, known_week, until_week"""


def seen_sql(block: Block, snapshots: str, on: tuple[str, ...] = ()) -> str:
    """A block as seen from each row of ``snapshots`` (as_of, week, and the ids ``on``, the whole key if empty): 12 weeks folded.

    Columns: ``<alias>_n<days>``, ``<alias>_lo``, ``<alias>_hi``, where asked for ``<alias>_w<weeks ago>``, and where amounts
    are counted ``<alias>_sum<days>`` and ``<alias>_max``.
    """
    columns = []
    for m in block.measures:
        for days in m.windows:
            columns.append(f"SUM(IF(age < {days // 7}, {m.alias}_n, 0)) AS {m.alias}_n{days}")
        if m.weekly:
            columns += [f"SUM(IF(age = {k}, {m.alias}_n, 0)) AS {m.alias}_w{k}" for k in range(WEEKS)]
        # the shift stays in range where the branch is not taken: an engine may compute both
        columns.append(f"BIT_OR(IF(age < 6, {m.alias}_bits << (7 * LEAST(age, 5)), 0)) AS {m.alias}_lo")
        columns.append(f"BIT_OR(IF(age >= 6, {m.alias}_bits << (7 * GREATEST((age - 6), 0)), 0)) AS {m.alias}_hi")
        if m.amounts:
            for days in AMOUNT_WINDOWS:
                columns.append(f"SUM(IF(age < {days // 7}, {m.alias}_sum, 0)) AS {m.alias}_sum{days}")
            columns.append(f"MAX({m.alias}_max) AS {m.alias}_max")
    joined = " AND ".join(f"bucket.{k} = snapshot.{k}" for k in on or block.key)
    own = [c for m in block.measures for c in bucket_columns(m)]
    return f"""
SELECT as_of, {block.keys}, {", ".join(columns)}
FROM (
  SELECT snapshot.as_of, {", ".join(f"bucket.{k}" for k in block.key)}, snapshot.week - bucket.week AS age,
    {", ".join(f"bucket.{c}" for c in own)}
  FROM {snapshots} AS snapshot
  INNER JOIN {block.table} AS bucket
    ON {joined} AND bucket.week <= snapshot.week AND bucket.week > snapshot.week - {WEEKS}
    AND bucket.known_week <= snapshot.week AND (bucket.until_week IS NULL OR snapshot.week < bucket.until_week)
) AS seen
GROUP BY as_of, {block.keys}"""


def bucket_columns(m: Measure) -> list[str]:
    """What the week buckets hold of a measure: its count and its days, and where it has amounts their sum and the largest."""
    columns = [f"{m.alias}_n", f"{m.alias}_bits"]
    return [*columns, f"{m.alias}_sum", f"{m.alias}_max"] if m.amounts else columns


def activity_days_sql(block: Block) -> str:
    """The days with activity of each key, with when they were known: what gaps are computed from."""
    return f"""
SELECT DISTINCT {block.keys}, activity_date, known_from, known_until
FROM activity_daily AS day
INNER JOIN event_slots AS slots ON slots.actor = day.actor AND slots.event_name = day.event_name
WHERE activity_date BETWEEN @from_day AND @to_day AND is_activity AND {block.where}"""


def rhythm_sql(block: Block, snapshots: str) -> str:
    """The active days of the last 84 as seen from each as_of, one by one: gaps, streaks, the n-th last, weights by age.

    The silence itself is not a gap: it has not ended. ``gap_over_7`` is the share of own gaps longer than the silence
    and 7 days more, an empirical P(T > 7). Quantiles are by nearest rank: the smallest gap that so many do not exceed.
    ``ewm_7`` weighs each active day by ½ for every 7 days since. A streak is active days in a row.
    """
    on = " AND ".join(f"active.{k} = snapshot.{k}" for k in block.key)
    of_one = f"PARTITION BY as_of, {block.keys}"
    columns = [
        "AVG(gap) AS gap_mean", "MAX(gap) AS gap_max", "STDDEV_SAMP(gap) AS gap_std",
        "AVG(IF(age < 28, gap, NULL)) AS gap_mean_28", "MAX(IF(age < 28, gap, NULL)) AS gap_max_28",
        "MAX(IF(nth = 2, gap, NULL)) AS gap_last",
        *(f"MIN(IF({q} * place >= {p} * n_gaps, gap, NULL)) AS gap_q{100 * p // q}" for p, q in ((1, 2), (3, 4), (9, 10))),
        *(f"AVG(IF(gap > silence + {h}, 1.0, IF(gap IS NULL, NULL, 0.0))) AS gap_over_{h}" for h in SILENCE_AND),
        *(f"AVG(IF(gap > {days}, 1.0, IF(gap IS NULL, NULL, 0.0))) AS gap_longer_{days}" for days in LONG_GAPS),
        *(f"MAX(IF(nth = {n}, age, NULL)) AS nth_{n}" for n in NTH_LAST_DAYS),
        *(f"SUM(POW(0.5, age / {days})) AS ewm_{days}" for days in HALF_LIVES),
        "AVG(age) AS age_mean", "MAX(streak) AS streak_max", "MAX(IF(nth = 1, streak, NULL)) AS streak_last",
    ]  # fmt: skip
    return f"""
SELECT as_of, {block.keys}, {", ".join(columns)}
FROM (
  SELECT as_of, {block.keys}, age, gap, nth, silence, n_days - 1 AS n_gaps,
    ROW_NUMBER() OVER ({of_one} ORDER BY IFNULL(gap, 0)) - 1 AS place,
    COUNT(*) OVER ({of_one}, age - nth) AS streak
  FROM (
    SELECT as_of, {block.keys}, age, age - LAG(age) OVER ({of_one} ORDER BY age) AS gap,
      ROW_NUMBER() OVER ({of_one} ORDER BY age) AS nth,
      MIN(age) OVER ({of_one}) AS silence, COUNT(*) OVER ({of_one}) AS n_days
    FROM (
      SELECT DISTINCT snapshot.as_of, {", ".join(f"snapshot.{k}" for k in block.key)},
        DATE_DIFF(snapshot.as_of, active.activity_date, DAY) AS age
      FROM {snapshots} AS snapshot
      INNER JOIN activity_days AS active
        ON {on} AND active.activity_date <= snapshot.as_of AND active.activity_date > DATE_SUB(snapshot.as_of, INTERVAL 84 DAY)
        AND active.known_from <= snapshot.as_of AND (active.known_until IS NULL OR snapshot.as_of < active.known_until)
    ) AS days
  ) AS spaced
) AS ordered
GROUP BY as_of, {block.keys}"""


def first_days_sql(block: Block) -> str:
    """The first day each key was ever seen, as knowledge grew: mostly one row a key.

    A row is kept only if it is earlier than all that was known before it without an end.
    """
    return f"""
SELECT {block.keys}, known_from, known_until, first_day
FROM (
  SELECT {block.keys}, known_from, known_until, first_day,
    MIN(IF(known_until IS NULL, first_day, NULL)) OVER (
      PARTITION BY {block.keys} ORDER BY known_from ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS known_before
  FROM (
    SELECT {block.keys}, known_from, known_until, MIN(activity_date) AS first_day
    FROM activity_daily AS day
    WHERE activity_date <= @to_day AND {block.where}
    GROUP BY {block.keys}, known_from, known_until
  ) AS grown
) AS steps
WHERE known_before IS NULL OR first_day < known_before"""


def tenure_sql(block: Block, snapshots: str, table: str) -> str:
    """The first day of each key as known on each as_of."""
    on = " AND ".join(f"first.{k} = snapshot.{k}" for k in block.key)
    return f"""
SELECT snapshot.as_of, {", ".join(f"snapshot.{k}" for k in block.key)}, MIN(first.first_day) AS first_day
FROM {snapshots} AS snapshot
INNER JOIN {table} AS first
  ON {on} AND first.known_from <= snapshot.as_of AND (first.known_until IS NULL OR snapshot.as_of < first.known_until)
GROUP BY snapshot.as_of, {", ".join(f"snapshot.{k}" for k in block.key)}"""
