-- Event names with their spans: the names @listed first, then the most frequent, at most @most (names are data).
SELECT event_name, SUM(n_events) AS n_events, MIN(activity_date) AS first_day, MAX(activity_date) AS last_day
FROM activity_daily
WHERE known_until IS NULL
GROUP BY event_name
ORDER BY IF(event_name IN (SELECT name FROM UNNEST(@listed) AS name), 0, 1), n_events DESC, event_name
LIMIT @most
