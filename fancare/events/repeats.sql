-- Events per day of the days @days, and how many of them differ in more than their id and their arrival.
-- A day whose events all bear one moment (a log of dates) is left out: there people do the same twice.
SELECT activity_date, SUM(n) AS n_events, COUNT(*) AS n_different
FROM (
  SELECT activity_date, event_time, COUNT(*) AS n
  FROM events
  WHERE activity_date IN (SELECT day FROM UNNEST(@days) AS day)
  GROUP BY activity_date, event_time, event_name, actor_id, creator_id, amount, TO_JSON_STRING(properties)
) AS said
GROUP BY activity_date
HAVING MIN(event_time) <> MAX(event_time)
ORDER BY activity_date
