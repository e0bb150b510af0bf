-- Days whose totals differ between events and activity_daily: each event must count exactly once.
WITH raw AS (
  SELECT activity_date, COUNT(*) AS n_events FROM events GROUP BY activity_date
),
daily AS (
  SELECT activity_date, SUM(n_events) AS n_events FROM activity_daily WHERE known_until IS NULL GROUP BY activity_date
)
SELECT
  COALESCE(raw.activity_date, daily.activity_date) AS activity_date,
  COALESCE(raw.n_events, 0) AS n_raw,
  COALESCE(daily.n_events, 0) AS n_daily
FROM raw
FULL OUTER JOIN daily ON daily.activity_date = raw.activity_date
WHERE COALESCE(raw.n_events, 0) <> COALESCE(daily.n_events, 0)
ORDER BY activity_date
