-- The active days of every entity, in order, as days after @origin and by what was known on @as_of: one row per entity.
SELECT
  creator_id,
  fan_id,
  ARRAY_AGG(day ORDER BY day) AS days
FROM (
  SELECT DISTINCT
    CASE WHEN @entity = 'fan' THEN NULL ELSE creator_id END AS creator_id,
    CASE WHEN @entity = 'creator' THEN NULL ELSE fan_id END AS fan_id,
    DATE_DIFF(activity_date, @origin, DAY) AS day
  FROM activity_daily
  WHERE event_name IN UNNEST(@activity)
    AND (@entity = 'creator' OR actor = 'fan')
    AND (@entity = 'fan' OR creator_id IS NOT NULL)
    AND (@entity = 'creator' OR fan_id IS NOT NULL)
    AND activity_date <= @as_of
    AND known_from <= @as_of
    AND (known_until IS NULL OR @as_of < known_until)
) AS active
GROUP BY creator_id, fan_id
ORDER BY creator_id, fan_id
