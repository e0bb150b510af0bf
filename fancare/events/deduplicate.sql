-- The staged events of the days @from_day to @to_day, each once.
--
-- With an id: one row per (event_name, event_time, actor_id, event_id), the one that arrived first.
-- Without: rows count as distinct. Their id is a hash of what they say and, for equal rows, an occurrence number. It does
-- not depend on the order of rows, so reading a shuffled or an overlapping file changes nothing.
SELECT
  event_id, event_time, activity_date, arrived_at, event_name, actor_id, creator_id, amount, properties
FROM staged
WHERE kind = 'event' AND event_id IS NOT NULL AND activity_date BETWEEN @from_day AND @to_day
QUALIFY ROW_NUMBER() OVER (
  PARTITION BY event_name, event_time, actor_id, event_id
  ORDER BY arrived_at NULLS LAST, creator_id, amount, properties
) = 1
UNION ALL
SELECT
  CONCAT(
    '#',
    SUBSTR(TO_HEX(MD5(CONCAT(
      CAST(UNIX_MICROS(event_time) AS STRING), '|', event_name, '|', actor_id, '|', COALESCE(creator_id, ''), '|',
      COALESCE(CAST(amount AS STRING), '')
    ))), 1, 16),
    IF(occurrence = 1, '', CONCAT('-', CAST(occurrence AS STRING)))
  ) AS event_id,
  event_time, activity_date, arrived_at, event_name, actor_id, creator_id, amount, properties
FROM (
  SELECT
    event_time, activity_date, arrived_at, event_name, actor_id, creator_id, amount, properties,
    ROW_NUMBER() OVER (
      PARTITION BY event_time, event_name, actor_id, creator_id, amount
      ORDER BY arrived_at NULLS LAST, properties
    ) AS occurrence
  FROM staged
  WHERE kind = 'event' AND event_id IS NULL AND activity_date BETWEEN @from_day AND @to_day
) AS numbered
