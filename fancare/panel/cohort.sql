-- Entities at risk on each as_of: active within the last @active_within_days days, by what was known on as_of.
SELECT
  @entity AS entity,
  creator_id,
  fan_id,
  as_of,
  MAX(activity_date) AS last_active_date
FROM (
  SELECT
    CASE WHEN @entity = 'fan' THEN NULL ELSE creator_id END AS creator_id,
    CASE WHEN @entity = 'creator' THEN NULL ELSE fan_id END AS fan_id,
    activity_date,
    known_from,
    known_until
  FROM activity_daily
  WHERE event_name IN UNNEST(@activity)
    AND (@entity = 'creator' OR actor = 'fan')
    AND (@entity = 'fan' OR creator_id IS NOT NULL)
    AND (@entity = 'creator' OR fan_id IS NOT NULL)
) AS activity
INNER JOIN UNNEST(@as_ofs) AS as_of
  ON activity_date <= as_of
  AND activity_date > DATE_SUB(as_of, INTERVAL @active_within_days DAY)
WHERE known_from <= as_of AND (known_until IS NULL OR as_of < known_until)
GROUP BY creator_id, fan_id, as_of
