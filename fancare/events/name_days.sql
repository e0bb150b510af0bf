-- Events and amounts per day of the event names @names, from @from_day on.
SELECT
  event_name,
  activity_date,
  SUM(n_events) AS n_events,
  SUM(IF(amount_sum IS NULL, 0, n_events)) AS n_with_amount,
  MAX(amount_max) AS amount_max
FROM activity_daily
WHERE known_until IS NULL
  AND activity_date >= @from_day
  AND event_name IN (SELECT name FROM UNNEST(@names) AS name)
GROUP BY event_name, activity_date
ORDER BY event_name, activity_date
