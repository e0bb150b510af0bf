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
