-- Who stayed silent past the own rhythm of each as_of: null until last_active_date + threshold_days is complete on
-- @data_through, decided by date alone. Only activity after as_of is looked at; ids count as they were known on @data_through.
WITH activity AS (
  {known_activity}
),
judged AS (
  SELECT creator_id, fan_id, as_of, last_active_date, threshold_days
  FROM own_rhythm
  WHERE entity = @entity AND as_of IN UNNEST(@as_ofs)
),
may_return_as AS (
  {known_as}
),
returned AS (
  SELECT DISTINCT mine.creator_id, mine.fan_id, mine.as_of, TRUE AS in_time
  FROM may_return_as AS mine
  INNER JOIN activity
    ON activity.creator_id IS NOT DISTINCT FROM mine.as_creator_id
    AND activity.fan_id IS NOT DISTINCT FROM mine.as_fan_id
    AND activity.activity_date > mine.as_of
    AND activity.activity_date <= DATE_ADD(mine.last_active_date, INTERVAL mine.threshold_days DAY)
)
SELECT
  @entity AS entity,
  judged.creator_id,
  judged.fan_id,
  judged.as_of,
  CASE
    WHEN DATE_ADD(judged.last_active_date, INTERVAL judged.threshold_days DAY) <= @data_through
    THEN returned.in_time IS NULL
  END AS churned_own_rhythm
FROM judged
LEFT JOIN returned
  ON returned.creator_id IS NOT DISTINCT FROM judged.creator_id
  AND returned.fan_id IS NOT DISTINCT FROM judged.fan_id
  AND returned.as_of = judged.as_of
