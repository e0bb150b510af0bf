-- The actors with the most events on one of the days @days.
SELECT activity_date, actor, COALESCE(fan_id, creator_id) AS actor_id, SUM(n_events) AS n_events
FROM activity_daily
WHERE known_until IS NULL
  AND activity_date IN (SELECT day FROM UNNEST(@days) AS day)
GROUP BY activity_date, actor, actor_id
HAVING SUM(n_events) >= @at_least
ORDER BY n_events DESC, activity_date, actor_id
LIMIT 10
