-- The top of risk_scores on @as_of, with what one needs to act: silence, usual gap, what is at stake, reasons.
-- Only what was known on @as_of counts. @capacity = 0 gives no rows.
WITH top AS (
  SELECT *
  FROM risk_scores
  WHERE entity = @entity AND as_of = @as_of AND rank <= @capacity
),
known AS (
  SELECT
    CASE WHEN @entity = 'fan' THEN NULL ELSE creator_id END AS creator_id,
    CASE WHEN @entity = 'creator' THEN NULL ELSE fan_id END AS fan_id,
    activity_date,
    amount_sum,
    CASE
      WHEN actor = 'fan' AND (ARRAY_LENGTH(@fan_activity) = 0 OR event_name IN UNNEST(@fan_activity)) THEN fan_id
    END AS active_fan_id,
    event_name IN UNNEST(@revenue) AS is_revenue,
    event_name IN UNNEST(@activity) AND (@entity = 'creator' OR actor = 'fan') AS is_own_activity
  FROM activity_daily
  WHERE activity_date > DATE_SUB(@as_of, INTERVAL 84 DAY)
    AND activity_date <= @as_of
    AND known_from <= @as_of
    AND (known_until IS NULL OR @as_of < known_until)
),
rhythm AS (
  SELECT
    creator_id,
    fan_id,
    MAX(activity_date) AS last_active_date,
    DATE_DIFF(MAX(activity_date), MIN(activity_date), DAY) / NULLIF(COUNT(DISTINCT activity_date) - 1, 0) AS usual_gap_days
  FROM known
  WHERE is_own_activity
  GROUP BY creator_id, fan_id
),
stake AS (
  SELECT
    creator_id,
    fan_id,
    COUNT(DISTINCT active_fan_id) AS active_fans,
    SUM(CASE WHEN is_revenue THEN amount_sum END) AS revenue
  FROM known
  WHERE activity_date > DATE_SUB(@as_of, INTERVAL 28 DAY)
  GROUP BY creator_id, fan_id
),
why AS (
  SELECT
    creator_id,
    fan_id,
    STRING_AGG(CONCAT(CASE WHEN effect > 0 THEN '↑ ' ELSE '↓ ' END, text_ko), ' · ' ORDER BY position) AS reasons_ko,
    STRING_AGG(CONCAT(CASE WHEN effect > 0 THEN '↑ ' ELSE '↓ ' END, text_en), ' · ' ORDER BY position) AS reasons_en
  FROM risk_reasons
  WHERE entity = @entity AND as_of = @as_of
  GROUP BY creator_id, fan_id
)
SELECT
  top.*,
  COALESCE(cohort.last_active_date, rhythm.last_active_date) AS last_active_date,
  DATE_DIFF(@as_of, COALESCE(cohort.last_active_date, rhythm.last_active_date), DAY) AS silence_days,
  rhythm.usual_gap_days,
  CASE WHEN @entity <> 'fan' THEN COALESCE(stake.active_fans, 0) END AS fans_at_stake,
  CASE WHEN ARRAY_LENGTH(@revenue) > 0 THEN COALESCE(stake.revenue, 0) END AS revenue_28d,
  COALESCE(why.reasons_ko, '') AS reasons_ko,
  COALESCE(why.reasons_en, '') AS reasons_en
FROM top
LEFT JOIN cohort
  ON cohort.entity = top.entity
  AND cohort.as_of = top.as_of
  AND cohort.creator_id IS NOT DISTINCT FROM top.creator_id
  AND cohort.fan_id IS NOT DISTINCT FROM top.fan_id
LEFT JOIN rhythm
  ON rhythm.creator_id IS NOT DISTINCT FROM top.creator_id
  AND rhythm.fan_id IS NOT DISTINCT FROM top.fan_id
LEFT JOIN stake
  ON stake.creator_id IS NOT DISTINCT FROM top.creator_id
  AND stake.fan_id IS NOT DISTINCT FROM top.fan_id
LEFT JOIN why
  ON why.creator_id IS NOT DISTINCT FROM top.creator_id
  AND why.fan_id IS NOT DISTINCT FROM top.fan_id
