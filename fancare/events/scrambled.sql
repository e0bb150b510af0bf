-- `events` as they would be had all been otherwise after the day @day: what had arrived by then is as it was (`arrived.sql`),
-- what came later is dealt anew, and more is made up.
--
--   came later, within @reach days   name, amount, actor with room, and time each go to another event; one in five is gone
--   came later than that             gone
--   made up                          whoever did something lately does it once more tomorrow or within four weeks, and once more
--                                    within the last 80 days, which nobody hears of before @later; some of it under new names
--
-- Nothing is drawn: the order of hashes deals, so the same log is always scrambled into the same.
WITH later AS (
  SELECT
    event_id, event_time, activity_date, arrived_at, event_name, actor_id, creator_id, room_named, amount,
    TO_HEX(MD5(CONCAT(event_id, '|', actor_id, '|', event_name))) AS lot
  FROM events
  WHERE (activity_date > @day OR DATE(arrived_at, @timezone) > @day)
    AND activity_date <= DATE_ADD(@day, INTERVAL @reach DAY)
),

dealt AS (
  SELECT
    event_id, room_named, creator_id, actor_id,
    LEAD(event_time, 1, event_time) OVER by_time AS event_time,
    LEAD(activity_date, 1, activity_date) OVER by_time AS activity_date,
    LEAD(arrived_at, 1, arrived_at) OVER by_time AS arrived_at,
    LEAD(event_name, 1, event_name) OVER by_name AS event_name,
    LEAD(amount, 2, amount) OVER by_name AS amount,
    ROW_NUMBER() OVER by_name AS place
  FROM later
  WINDOW by_time AS (ORDER BY SUBSTR(lot, 9, 8), lot, event_time), by_name AS (ORDER BY lot, event_time)
),

-- each act of the last weeks once
lately AS (
  SELECT
    actor_id, IF(room_named, creator_id, NULL) AS room, event_name, MAX(event_time) AS event_time, MAX(activity_date) AS last_day,
    MAX(amount) AS amount
  FROM events
  WHERE activity_date <= @day AND activity_date > DATE_SUB(@day, INTERVAL 84 DAY)
    AND (arrived_at IS NULL OR DATE(arrived_at, @timezone) <= @day)
  GROUP BY actor_id, room, event_name
),

made_up AS (
  SELECT
    actor_id, room, event_name, 3 * amount + 1 AS amount, event_time, last_day,
    ROW_NUMBER() OVER (ORDER BY TO_HEX(MD5(CONCAT(actor_id, '|', event_name))), room) AS place
  FROM lately
)

{arrived}
UNION ALL
SELECT
  event_id, event_time, activity_date, arrived_at, event_name, '' AS actor,
  IF(MOD(place, 5) = 1, CONCAT('someone else than ', actor_id), actor_id) AS actor_id,
  IF(room_named, creator_id, NULL) AS creator_id, CAST(NULL AS STRING) AS fan_id, room_named,
  CAST(NULL AS DATE) AS identity_known_from, amount, CAST(NULL AS JSON) AS properties
FROM dealt
WHERE MOD(place, 5) != 0
UNION ALL
SELECT
  CONCAT('made up ', CAST(place AS STRING)) AS event_id,
  TIMESTAMP_ADD(event_time, INTERVAL DATE_DIFF(@day, last_day, DAY) + 1 + MOD(place, 28) DAY) AS event_time,
  CAST(DATE_ADD(@day, INTERVAL 1 + MOD(place, 28) DAY) AS DATE) AS activity_date, CAST(NULL AS TIMESTAMP) AS arrived_at,
  event_name, '' AS actor, actor_id, room AS creator_id, CAST(NULL AS STRING) AS fan_id, room IS NOT NULL AS room_named,
  CAST(NULL AS DATE) AS identity_known_from, amount, CAST(NULL AS JSON) AS properties
FROM made_up
UNION ALL
SELECT
  CONCAT('made up late ', CAST(place AS STRING)) AS event_id,
  TIMESTAMP_SUB(event_time, INTERVAL MOD(place, 80) - DATE_DIFF(@day, last_day, DAY) DAY) AS event_time,
  CAST(DATE_SUB(@day, INTERVAL MOD(place, 80) DAY) AS DATE) AS activity_date, @later AS arrived_at,
  IF(MOD(place, 7) = 0, CONCAT('new ', event_name), event_name) AS event_name, '' AS actor, actor_id, room AS creator_id,
  CAST(NULL AS STRING) AS fan_id, room IS NOT NULL AS room_named,
  CAST(NULL AS DATE) AS identity_known_from, amount, CAST(NULL AS JSON) AS properties
FROM made_up
