-- What the log knows beside the label of each audited row (number, creator_id, fan_id, as_of): the silence before it, what
-- else the entity did in the horizon, when it came back, which ids were linked to it too late, and who began where it ended.
-- The past is as known on as_of, the future as known on @data_through, like features and labels.
WITH own AS (
  SELECT
    audited.number,
    audited.as_of,
    daily.activity_date,
    daily.event_name,
    daily.n_events,
    daily.event_name IN UNNEST(@activity) AS is_activity,
    daily.activity_date <= audited.as_of AS is_past
  FROM audited
  INNER JOIN activity_daily AS daily
    ON (@entity = 'fan' OR daily.creator_id = audited.creator_id)
    AND (@entity = 'creator' OR daily.fan_id = audited.fan_id)
  WHERE daily.activity_date <= @data_through
    AND CASE
      -- as labels have it: a listed event counts for the creator whoever did it, anything else only where it is its own
      WHEN @entity = 'creator' THEN daily.actor = 'creator' OR daily.event_name IN UNNEST(@activity)
      ELSE daily.actor = 'fan'
    END
    AND daily.known_from <= CASE WHEN daily.activity_date <= audited.as_of THEN audited.as_of ELSE @data_through END
    AND (
      daily.known_until IS NULL
      OR daily.known_until > CASE WHEN daily.activity_date <= audited.as_of THEN audited.as_of ELSE @data_through END
    )
),
linked AS (
  -- ids that were learnt to be the same person only after as_of: what they had done was nobody's history on that day
  SELECT audited.number, link.known_from,
    CASE WHEN link.alias_id = audited.creator_id OR link.alias_id = audited.fan_id THEN link.canonical_id ELSE link.alias_id END
      AS other_id
  FROM audited
  INNER JOIN identity_links AS link
    ON (@entity = 'creator' AND audited.creator_id IN (link.alias_id, link.canonical_id))
    OR (@entity <> 'creator' AND audited.fan_id IN (link.alias_id, link.canonical_id))
  WHERE link.known_from > audited.as_of
    AND link.known_from <= @data_through
    AND (link.known_until IS NULL OR @data_through < link.known_until)
),
returned_as AS (
  -- whoever was linked to a person later comes back when that person does; see labels.sql
  SELECT audited.number, MIN(daily.activity_date) AS next_active_date
  FROM audited
  INNER JOIN identity_links AS link
    ON link.alias_id = CASE WHEN @entity = 'creator' THEN audited.creator_id ELSE audited.fan_id END
  INNER JOIN activity_daily AS daily
    ON (
      @entity = 'fan'
      OR daily.creator_id = CASE WHEN @entity = 'creator' THEN link.canonical_id ELSE audited.creator_id END
    )
    AND (@entity = 'creator' OR daily.fan_id = link.canonical_id)
  WHERE daily.activity_date > audited.as_of
    AND daily.activity_date <= @data_through
    AND daily.event_name IN UNNEST(@activity)
    AND (@entity = 'creator' OR daily.actor = 'fan')
    AND daily.known_from <= @data_through
    AND (daily.known_until IS NULL OR @data_through < daily.known_until)
    AND link.known_from <= @data_through
    AND (link.known_until IS NULL OR @data_through < link.known_until)
  GROUP BY audited.number
),
history AS (
  SELECT
    number,
    MAX(CASE WHEN is_activity AND is_past THEN activity_date END) AS last_active_date,
    COUNT(DISTINCT CASE
      WHEN is_activity AND is_past AND activity_date > DATE_SUB(as_of, INTERVAL 28 DAY) THEN activity_date
    END) AS active_days_28d,
    MIN(CASE WHEN is_activity AND NOT is_past THEN activity_date END) AS next_active_date,
    COUNT(DISTINCT CASE
      WHEN is_activity AND NOT is_past AND activity_date <= DATE_ADD(as_of, INTERVAL @horizon DAY) THEN activity_date
    END) AS active_days_after,
    SUM(CASE
      WHEN is_activity AND NOT is_past AND activity_date <= DATE_ADD(as_of, INTERVAL @horizon DAY) THEN n_events ELSE 0
    END) AS active_events_after
  FROM own
  GROUP BY number
),
otherwise AS (
  SELECT number, event_name, SUM(n_events) AS n_events, COUNT(DISTINCT activity_date) AS n_days
  FROM own
  WHERE NOT is_activity AND NOT is_past AND activity_date <= DATE_ADD(as_of, INTERVAL @horizon DAY)
  GROUP BY number, event_name
),
seen_otherwise AS (
  SELECT number, SUM(n_events) AS n_events, ARRAY_AGG(event_name ORDER BY n_events DESC, event_name) AS names
  FROM otherwise
  GROUP BY number
),
pairs AS (
  -- who met whom: for creators their fans, for fans and rooms the rooms
  SELECT
    CASE WHEN @entity = 'creator' THEN creator_id ELSE fan_id END AS id,
    CASE WHEN @entity = 'creator' THEN fan_id ELSE creator_id END AS met,
    activity_date
  FROM activity_daily
  WHERE actor = 'fan' AND creator_id IS NOT NULL AND fan_id IS NOT NULL
    AND activity_date <= @data_through
    AND known_from <= @data_through
    AND (known_until IS NULL OR @data_through < known_until)
),
began AS (
  SELECT id, MIN(activity_date) AS first_date FROM pairs GROUP BY id
),
ties AS (
  SELECT DISTINCT audited.number, history.last_active_date, pairs.met
  FROM audited
  INNER JOIN history ON history.number = audited.number
  INNER JOIN pairs ON pairs.id = CASE WHEN @entity = 'creator' THEN audited.creator_id ELSE audited.fan_id END
  WHERE pairs.activity_date <= history.last_active_date
    AND pairs.activity_date > DATE_SUB(history.last_active_date, INTERVAL 28 DAY)
    AND (@entity <> 'room' OR pairs.met = audited.creator_id)
),
n_ties AS (
  SELECT number, COUNT(*) AS n FROM ties GROUP BY number
),
shared AS (
  -- ids that began within a week of the last active day, and how many of the same they met in their first four weeks
  SELECT ties.number, began.id, COUNT(DISTINCT pairs.met) AS n
  FROM ties
  INNER JOIN began
    ON began.first_date > ties.last_active_date
    AND began.first_date <= DATE_ADD(ties.last_active_date, INTERVAL 7 DAY)
  INNER JOIN pairs
    ON pairs.id = began.id
    AND pairs.met = ties.met
    AND pairs.activity_date < DATE_ADD(began.first_date, INTERVAL 28 DAY)
  GROUP BY ties.number, began.id
),
successors AS (
  SELECT shared.number, COUNT(*) AS n, MIN(shared.id) AS first_id
  FROM shared
  INNER JOIN n_ties ON n_ties.number = shared.number
  WHERE 2 * shared.n >= n_ties.n
  GROUP BY shared.number
),
first_link AS (
  SELECT number, MIN(known_from) AS known_from, MIN(other_id) AS other_id FROM linked GROUP BY number
)
SELECT
  audited.number,
  history.last_active_date,
  COALESCE(history.active_days_28d, 0) AS active_days_28d,
  CASE
    WHEN history.next_active_date IS NULL THEN returned_as.next_active_date
    WHEN returned_as.next_active_date IS NULL THEN history.next_active_date
    ELSE LEAST(history.next_active_date, returned_as.next_active_date)
  END AS next_active_date,
  COALESCE(history.active_days_after, 0) AS active_days_after,
  COALESCE(history.active_events_after, 0) AS active_events_after,
  COALESCE(seen_otherwise.n_events, 0) AS other_events,
  seen_otherwise.names AS other_names,
  first_link.known_from AS linked_from,
  first_link.other_id AS linked_id,
  COALESCE(successors.n, 0) AS n_successors,
  successors.first_id AS successor_id
FROM audited
LEFT JOIN history ON history.number = audited.number
LEFT JOIN seen_otherwise ON seen_otherwise.number = audited.number
LEFT JOIN returned_as ON returned_as.number = audited.number
LEFT JOIN first_link ON first_link.number = audited.number
LEFT JOIN successors ON successors.number = audited.number
ORDER BY audited.number
