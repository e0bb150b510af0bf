-- The active days of every entity, in order, as days after @origin and by what was known on @as_of: one row per entity.
SELECT
  creator_id,
  fan_id,
  ARRAY_AGG(DATE_DIFF(activity_date, @origin, DAY) ORDER BY activity_date) AS days
FROM (
  {known_activity}
) AS active
GROUP BY creator_id, fan_id
ORDER BY creator_id, fan_id
