-- The log as one counterfactual has it: what was known on @since or on @as_of of the days until @since, and where
-- @behaviour the days after @since, which without the @clock happen @elapsed days earlier. All of it counts as known on its day.
SELECT
  actor,
  creator_id,
  fan_id,
  event_name,
  n_events,
  amount_sum,
  amount_max,
  moved_date AS activity_date,
  moved_date AS known_from,
  CAST(NULL AS DATE) AS known_until
FROM (
  SELECT
    told.*,
    IF(activity_date <= @since OR @clock, activity_date, DATE_SUB(activity_date, INTERVAL @elapsed DAY)) AS moved_date,
    IF(activity_date > @since OR @late, @as_of, @since) AS known_on
  FROM told
  WHERE activity_date <= @since OR (@behaviour AND activity_date <= @as_of)
) AS moved
WHERE known_from <= known_on AND (known_until IS NULL OR known_on < known_until)
