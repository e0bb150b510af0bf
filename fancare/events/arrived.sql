-- The events that had arrived by the end of the day @day. Who acted, and as whom, is left blank: `events` says it by all that
-- is known today, and a row of the past must not read it. Properties, the bulk of a log, make no feature and stay where they are.
SELECT
  event_id, event_time, activity_date, arrived_at, event_name, '' AS actor, actor_id,
  IF(room_named, creator_id, NULL) AS creator_id, CAST(NULL AS STRING) AS fan_id, room_named,
  CAST(NULL AS DATE) AS identity_known_from, amount, CAST(NULL AS JSON) AS properties
FROM events
WHERE activity_date <= @day AND (arrived_at IS NULL OR DATE(arrived_at, @timezone) <= @day)
