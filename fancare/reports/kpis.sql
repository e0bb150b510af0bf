-- The platform by week, counted back from @as_of (week 0 ends on it), by what was known on @as_of.
-- An empty @creator_activity means: a creator is active when fans are active in the creator's room.
-- An empty @fan_activity means: whatever a fan does counts.
WITH known AS (
  SELECT
    DIV((DATE_DIFF(@as_of, activity_date, DAY)), 7) AS weeks_back,
    creator_id,
    fan_id,
    n_events,
    amount_sum,
    actor = 'fan' AND (ARRAY_LENGTH(@fan_activity) = 0 OR event_name IN UNNEST(@fan_activity)) AS is_fan_activity,
    event_name IN UNNEST(@creator_activity) AS is_creator_activity,
    event_name IN UNNEST(@revenue) AS is_revenue
  FROM activity_daily
  WHERE activity_date <= @as_of
    AND DATE_DIFF(@as_of, activity_date, DAY) < 7 * @weeks
    AND known_from <= @as_of
    AND (known_until IS NULL OR @as_of < known_until)
),
active AS (
  SELECT DISTINCT weeks_back, 'creator' AS who, creator_id AS id
  FROM known
  WHERE creator_id IS NOT NULL
    AND (is_creator_activity OR (ARRAY_LENGTH(@creator_activity) = 0 AND is_fan_activity))
  UNION ALL
  SELECT DISTINCT weeks_back, 'fan' AS who, fan_id AS id
  FROM known
  WHERE fan_id IS NOT NULL AND is_fan_activity
),
people AS (
  SELECT
    active.weeks_back,
    COUNTIF(active.who = 'creator') AS active_creators,
    COUNTIF(active.who = 'fan') AS active_fans,
    COUNTIF(active.who = 'creator' AND week_before.id IS NOT NULL) AS returned_creators,
    COUNTIF(active.who = 'fan' AND week_before.id IS NOT NULL) AS returned_fans
  FROM active
  LEFT JOIN active AS week_before
    ON week_before.who = active.who
    AND week_before.id = active.id
    AND week_before.weeks_back = active.weeks_back + 1
  GROUP BY active.weeks_back
),
volume AS (
  SELECT
    weeks_back,
    SUM(CASE WHEN is_fan_activity AND NOT is_revenue THEN n_events ELSE 0 END) AS messages,
    SUM(CASE WHEN is_revenue THEN amount_sum END) AS revenue
  FROM known
  GROUP BY weeks_back
)
SELECT
  volume.weeks_back,
  COALESCE(people.active_creators, 0) AS active_creators,
  COALESCE(people.active_fans, 0) AS active_fans,
  COALESCE(people.returned_creators, 0) AS returned_creators,
  COALESCE(people.returned_fans, 0) AS returned_fans,
  volume.messages,
  COALESCE(volume.revenue, 0) AS revenue
FROM volume
LEFT JOIN people ON people.weeks_back = volume.weeks_back
