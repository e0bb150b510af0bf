-- Event names of rows that were dropped because they name nobody who acted; the names @listed first, at most @most.
SELECT event_name, SUM(n_rows) AS n_rows, MIN(first_day) AS first_day, MAX(last_day) AS last_day
FROM without_actor
GROUP BY event_name
ORDER BY IF(event_name IN (SELECT name FROM UNNEST(@listed) AS name), 0, 1), n_rows DESC, event_name
LIMIT @most
