-- Every id that the log shows to be a creator's, and the first day on which it did.
-- An id acts as a creator under each person it was known to be, from the day that was known.
WITH person AS (
  SELECT alias_id, alias_id AS person_id, CAST(NULL AS DATE) AS known_from, MIN(known_from) AS known_until
  FROM identity_links
  GROUP BY alias_id
  UNION ALL
  SELECT alias_id, canonical_id AS person_id, known_from, known_until
  FROM identity_links
),

seen AS (
  SELECT
    actor_id,
    IF(room_named, creator_id, NULL) AS room,
    event_name IN UNNEST(@creator_acts) AS is_creator_act,
    MIN(IF(arrived_at IS NULL, activity_date, GREATEST(activity_date, DATE(arrived_at, @timezone)))) AS arrived_on
  FROM events
  WHERE room_named OR event_name IN UNNEST(@creator_acts)
  GROUP BY actor_id, room, is_creator_act
),

shown AS (
  SELECT room AS creator_id, arrived_on AS known_from
  FROM seen
  WHERE room IS NOT NULL
  UNION ALL
  SELECT
    COALESCE(person.person_id, seen.actor_id) AS creator_id,
    IF(person.known_from > seen.arrived_on, person.known_from, seen.arrived_on) AS known_from
  FROM seen
  LEFT JOIN person ON person.alias_id = seen.actor_id
  WHERE seen.is_creator_act AND (person.known_until IS NULL OR seen.arrived_on < person.known_until)
)

SELECT creator_id, MIN(known_from) AS known_from
FROM shown
GROUP BY creator_id
