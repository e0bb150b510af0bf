-- Events counted per day, actor, room and name, for the days @days: all that cohorts, labels and features are made from.
--
-- What a row says may be knowledge of a later day than its own: an event may arrive late, an id may turn out to be a
-- person known by another id, a visitor may turn out to be a creator. So one event may give several rows, of which at
-- any day K exactly one counts, the one with known_from <= K and (known_until is null or K < known_until):
--
--     device d1 visits on Monday        u7 is seen with d1 on Friday
--     ├── fan_id = $device:d1 ──────────┤── fan_id = u7 ────────────────▶
--   known_from = Mon     known_until = Fri = known_from
--
-- Amounts are summed in millionths, as integers: a sum of floats would depend on the order of the rows.
WITH counted AS (
  SELECT
    activity_date,
    event_name,
    actor_id,
    IF(room_named, creator_id, NULL) AS room,
    event_name IN UNNEST(@creator_acts) AS is_creator_act,
    IF(arrived_at IS NULL, activity_date, GREATEST(activity_date, DATE(arrived_at, @timezone))) AS arrived_on,
    COUNT(*) AS n_events,
    SUM(CAST(ROUND(amount * 1000000) AS INT64)) AS amount_millionths,
    MAX(amount) AS amount_max
  FROM events
  WHERE activity_date IN (SELECT day FROM UNNEST(@days) AS day)
  GROUP BY activity_date, event_name, actor_id, room, is_creator_act, arrived_on
),

-- who an id is, and when: itself until its first link, then whom each link in force says
person AS (
  SELECT alias_id, alias_id AS person_id, CAST(NULL AS DATE) AS known_from, MIN(known_from) AS known_until
  FROM identity_links
  GROUP BY alias_id
  UNION ALL
  SELECT alias_id, canonical_id AS person_id, known_from, known_until
  FROM identity_links
),

identified AS (
  SELECT
    counted.*,
    COALESCE(person.person_id, counted.actor_id) AS person_id,
    IF(person.known_from > counted.arrived_on, person.known_from, counted.arrived_on) AS known_from,
    person.known_until
  FROM counted
  LEFT JOIN person ON person.alias_id = counted.actor_id
),

-- who acts (a creator's own acts; a creator in its own room; a creator outside any room; otherwise a fan)
attributed AS (
  SELECT
    activity_date,
    IF(is_creator_act OR room IN (actor_id, person_id), 'creator', 'fan') AS actor,
    COALESCE(room, person_id) AS creator_id,
    IF(is_creator_act OR room IN (actor_id, person_id), NULL, person_id) AS fan_id,
    event_name, known_from, known_until, n_events, amount_millionths, amount_max
  FROM identified
  WHERE is_creator_act OR room IS NOT NULL
  UNION ALL
  SELECT
    activity_date, 'fan' AS actor, CAST(NULL AS STRING) AS creator_id, person_id AS fan_id, event_name,
    identified.known_from,
    IF(identified.known_until IS NULL OR creators.known_from < identified.known_until,
       creators.known_from, identified.known_until) AS known_until,
    n_events, amount_millionths, amount_max
  FROM identified
  LEFT JOIN creators ON creators.creator_id = identified.person_id
  WHERE NOT is_creator_act AND room IS NULL
  UNION ALL
  SELECT
    activity_date, 'creator' AS actor, person_id AS creator_id, CAST(NULL AS STRING) AS fan_id, event_name,
    IF(creators.known_from > identified.known_from, creators.known_from, identified.known_from) AS known_from,
    identified.known_until, n_events, amount_millionths, amount_max
  FROM identified
  INNER JOIN creators ON creators.creator_id = identified.person_id
  WHERE NOT is_creator_act AND room IS NULL
)

SELECT
  activity_date, actor, creator_id, fan_id, event_name, known_from, known_until,
  SUM(n_events) AS n_events,
  SUM(amount_millionths) / 1000000 AS amount_sum,
  MAX(amount_max) AS amount_max
FROM attributed
WHERE known_until IS NULL OR known_from < known_until
GROUP BY activity_date, actor, creator_id, fan_id, event_name, known_from, known_until
