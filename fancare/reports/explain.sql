-- What is known on @as_of about one entity: its own activity, and 28 days of fans and revenue against the 28 before.
-- One row, also for an entity without any activity.
SELECT
  MIN(CASE WHEN is_own_activity THEN activity_date END) AS first_active_date,
  MAX(CASE WHEN is_own_activity THEN activity_date END) AS last_active_date,
  MAX(activity_date) AS last_seen_date,
  COUNT(DISTINCT CASE WHEN is_own_activity AND days_ago < 84 THEN activity_date END) AS active_days_84d,
  DATE_DIFF(
    MAX(CASE WHEN is_own_activity AND days_ago < 84 THEN activity_date END),
    MIN(CASE WHEN is_own_activity AND days_ago < 84 THEN activity_date END),
    DAY
  ) / NULLIF(COUNT(DISTINCT CASE WHEN is_own_activity AND days_ago < 84 THEN activity_date END) - 1, 0) AS usual_gap_days,
  COUNT(DISTINCT CASE WHEN days_ago < 28 THEN active_fan_id END) AS fans_28d,
  COUNT(DISTINCT CASE WHEN days_ago >= 28 AND days_ago < 56 THEN active_fan_id END) AS fans_before,
  COALESCE(SUM(CASE WHEN days_ago < 28 AND is_revenue THEN amount_sum END), 0) AS revenue_28d,
  COALESCE(SUM(CASE WHEN days_ago >= 28 AND days_ago < 56 AND is_revenue THEN amount_sum END), 0) AS revenue_before
FROM (
  SELECT
    activity_date,
    DATE_DIFF(@as_of, activity_date, DAY) AS days_ago,
    amount_sum,
    CASE
      WHEN actor = 'fan' AND (ARRAY_LENGTH(@fan_activity) = 0 OR event_name IN UNNEST(@fan_activity)) THEN fan_id
    END AS active_fan_id,
    event_name IN UNNEST(@revenue) AS is_revenue,
    event_name IN UNNEST(@activity) AND (@entity = 'creator' OR actor = 'fan') AS is_own_activity
  FROM activity_daily
  WHERE (@entity = 'fan' OR creator_id = @creator_id)
    AND (@entity = 'creator' OR fan_id = @fan_id)
    AND activity_date <= @as_of
    AND known_from <= @as_of
    AND (known_until IS NULL OR @as_of < known_until)
) AS known
