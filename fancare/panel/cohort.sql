-- Entities at risk on each as_of: active within the last @active_within_days days, by what was known on as_of.
SELECT
  @entity AS entity,
  creator_id,
  fan_id,
  as_of,
  MAX(activity_date) AS last_active_date
FROM (
  {activity}
) AS activity
INNER JOIN UNNEST(@as_ofs) AS as_of
  ON activity_date <= as_of
  AND activity_date > DATE_SUB(as_of, INTERVAL @active_within_days DAY)
WHERE known_from <= as_of AND (known_until IS NULL OR as_of < known_until)
GROUP BY creator_id, fan_id, as_of
