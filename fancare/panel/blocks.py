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

ACTIVITY_WINDOWS = (7, 14, 28, 56, 84)
SLOT_WINDOWS = (7, 28, 84)
AMOUNT_WINDOWS = (7, 28, 84)
WEEKS = 12


@dataclass(frozen=True)
class Measure:
    """One kind of event inside a block: its counts over windows, its days as bits, its amounts."""

    alias: str
    condition: str
    windows: tuple[int, ...]
    amounts: bool = False


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
    measures = [Measure("act", "is_activity", ACTIVITY_WINDOWS)]
    if other_events:
        measures.append(Measure("any", "TRUE", (28, 84)))
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

    Columns: ``<alias>_n<days>``, ``<alias>_lo``, ``<alias>_hi`` and, where amounts are counted, ``<alias>_sum<days>``
    and ``<alias>_max``.
    """
    columns = []
    for m in block.measures:
        for days in m.windows:
            columns.append(f"SUM(IF(age < {days // 7}, {m.alias}_n, 0)) AS {m.alias}_n{days}")
        # the shift stays in range where the branch is not taken: an engine may compute both
        columns.append(f"BIT_OR(IF(age < 6, {m.alias}_bits << (7 * LEAST(age, 5)), 0)) AS {m.alias}_lo")
        columns.append(f"BIT_OR(IF(age >= 6, {m.alias}_bits << (7 * GREATEST((age - 6), 0)), 0)) AS {m.alias}_hi")
        if m.amounts:
            for days in AMOUNT_WINDOWS:
                columns.append(f"SUM(IF(age < {days // 7}, {m.alias}_sum, 0)) AS {m.alias}_sum{days}")
            columns.append(f"MAX({m.alias}_max) AS {m.alias}_max")
    joined = " AND ".join(f"bucket.{k} = snapshot.{k}" for k in on or block.key)
    own = [c for m in block.measures for c in _bucket_columns(m)]
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


def _bucket_columns(m: Measure) -> list[str]:
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
    """Gaps between the active days of the last 84 days as seen from each as_of, and the n-th last active days.

    The silence itself is not a gap: it has not ended. ``gap_over_7`` is the share of own gaps longer than the silence
    and 7 days more, an empirical P(T > 7).
    """
    on = " AND ".join(f"active.{k} = snapshot.{k}" for k in block.key)
    nth = ", ".join(f"MAX(IF(nth = {n}, age, NULL)) AS nth_{n}" for n in (2, 3, 5, 10))
    return f"""
SELECT as_of, {block.keys}, AVG(gap) AS gap_mean, MAX(gap) AS gap_max, STDDEV_SAMP(gap) AS gap_std,
  AVG(IF(gap > silence, 1.0, IF(gap IS NULL, NULL, 0.0))) AS gap_over_0,
  AVG(IF(gap > silence + 7, 1.0, IF(gap IS NULL, NULL, 0.0))) AS gap_over_7, {nth}
FROM (
  SELECT as_of, {block.keys}, age, age - LAG(age) OVER (PARTITION BY as_of, {block.keys} ORDER BY age) AS gap,
    ROW_NUMBER() OVER (PARTITION BY as_of, {block.keys} ORDER BY age) AS nth,
    MIN(age) OVER (PARTITION BY as_of, {block.keys}) AS silence
  FROM (
    SELECT DISTINCT snapshot.as_of, {", ".join(f"snapshot.{k}" for k in block.key)},
      DATE_DIFF(snapshot.as_of, active.activity_date, DAY) AS age
    FROM {snapshots} AS snapshot
    INNER JOIN activity_days AS active
      ON {on} AND active.activity_date <= snapshot.as_of AND active.activity_date > DATE_SUB(snapshot.as_of, INTERVAL 84 DAY)
      AND active.known_from <= snapshot.as_of AND (active.known_until IS NULL OR snapshot.as_of < active.known_until)
  ) AS days
) AS spaced
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
