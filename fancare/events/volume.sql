-- Events per day, as they count under today's knowledge: a row that was taken over by another id is left out.
SELECT activity_date, SUM(n_events) AS n_events
FROM activity_daily
WHERE known_until IS NULL
GROUP BY activity_date
ORDER BY activity_date
