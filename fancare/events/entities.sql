-- How many creators and fans have events of the names @activity.
SELECT COUNT(DISTINCT creator_id) AS n_creators, COUNT(DISTINCT fan_id) AS n_fans
FROM activity_daily
WHERE known_until IS NULL
  AND event_name IN (SELECT name FROM UNNEST(@activity) AS name)
