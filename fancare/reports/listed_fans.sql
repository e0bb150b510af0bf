-- Fans of the creators on the watchlist of @as_of whose risk is high or medium, each counted once: active within 28 days,
-- by what was known on @as_of. An empty @fan_activity means: whatever a fan does counts.
SELECT COUNT(DISTINCT fan_id) AS fans
FROM activity_daily
WHERE actor = 'fan'
  AND (ARRAY_LENGTH(@fan_activity) = 0 OR event_name IN UNNEST(@fan_activity))
  AND activity_date <= @as_of
  AND DATE_DIFF(@as_of, activity_date, DAY) < 28
  AND known_from <= @as_of
  AND (known_until IS NULL OR @as_of < known_until)
  AND creator_id IN (
    SELECT creator_id FROM watchlist WHERE entity = 'creator' AND as_of = @as_of AND band IN ('high', 'medium')
  )
