-- Incoming events as rows of `events`: identities resolved by the last link known, and who acts.
--
--   actor = creator  iff  the event is a creator's act
--                    or   the acting id is the room's creator (be it since merged into another)
--                    or   no room is named and the acting id is a creator's (then creator_id is the acting id)
--
-- The third case depends on the whole log: an id may turn out to be a creator's later. Here all that is known counts;
-- `activity_daily` and `creators` say since when it was known.
SELECT
  event_id, event_time, activity_date, arrived_at, event_name,
  IF(is_creators, 'creator', 'fan') AS actor,
  actor_id,
  IF(is_creators, COALESCE(room, person_id), room) AS creator_id,
  IF(is_creators, NULL, person_id) AS fan_id,
  room IS NOT NULL AS room_named,
  identity_known_from, amount, properties
FROM (
  SELECT
    incoming.event_id, event_time, activity_date, arrived_at, event_name, actor_id, amount, properties,
    incoming.creator_id AS room,
    COALESCE(links.canonical_id, actor_id) AS person_id,
    links.known_from AS identity_known_from,
    event_name IN UNNEST(@creator_acts)
      OR COALESCE(incoming.creator_id IN (actor_id, links.canonical_id), FALSE)
      OR (incoming.creator_id IS NULL AND creators.creator_id IS NOT NULL) AS is_creators
  FROM incoming
  LEFT JOIN identity_links AS links ON links.alias_id = incoming.actor_id AND links.known_until IS NULL
  LEFT JOIN creators ON creators.creator_id = COALESCE(links.canonical_id, actor_id)
) AS resolved
