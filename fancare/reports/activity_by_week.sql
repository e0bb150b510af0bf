-- Activity events per entity and week, counted back from @as_of (week 0 ends on it), by what was known on @as_of.
-- For rooms the two id lists give a superset of the rooms asked for.
SELECT
  creator_id,
  fan_id,
  weeks_back,
  SUM(n_events) AS n_events
FROM (
  SELECT
    CASE WHEN @entity = 'fan' THEN NULL ELSE creator_id END AS creator_id,
    CASE WHEN @entity = 'creator' THEN NULL ELSE fan_id END AS fan_id,
    DIV((DATE_DIFF(@as_of, activity_date, DAY)), 7) AS weeks_back,
    n_events
  FROM activity_daily
  WHERE event_name IN UNNEST(@activity)
    AND (@entity = 'creator' OR actor = 'fan')
    AND (@entity = 'fan' OR creator_id IN UNNEST(@creator_ids))
    AND (@entity = 'creator' OR fan_id IN UNNEST(@fan_ids))
    AND activity_date <= @as_of
    AND DATE_DIFF(@as_of, activity_date, DAY) < 7 * @weeks
    AND known_from <= @as_of
    AND (known_until IS NULL OR @as_of < known_until)
) AS activity
GROUP BY creator_id, fan_id, weeks_back
