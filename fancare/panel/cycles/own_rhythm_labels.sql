-- Who stayed silent past the own rhythm of each as_of: null until last_active_date + threshold_days is complete on
-- @data_through, decided by date alone. Only activity after as_of is looked at; ids count as they were known on @data_through.
WITH activity AS (
  SELECT DISTINCT
    CASE WHEN @entity = 'fan' THEN NULL ELSE creator_id END AS creator_id,
    CASE WHEN @entity = 'creator' THEN NULL ELSE fan_id END AS fan_id,
    activity_date
  FROM activity_daily
  WHERE event_name IN UNNEST(@activity)
    AND (@entity = 'creator' OR actor = 'fan')
    AND (@entity = 'fan' OR creator_id IS NOT NULL)
    AND (@entity = 'creator' OR fan_id IS NOT NULL)
    AND activity_date <= @data_through
    AND known_from <= @data_through
    AND (known_until IS NULL OR @data_through < known_until)
),
judged AS (
  SELECT creator_id, fan_id, as_of, last_active_date, threshold_days
  FROM own_rhythm
  WHERE entity = @entity AND as_of IN UNNEST(@as_ofs)
),
may_return_as AS (
  -- an id that was later linked to a person returns when that person does; a creator's own room keeps its name
  SELECT judged.*, creator_id AS as_creator_id, fan_id AS as_fan_id
  FROM judged
  UNION ALL
  SELECT judged.*,
    CASE WHEN @entity = 'creator' THEN link.canonical_id ELSE judged.creator_id END AS as_creator_id,
    CASE WHEN @entity = 'creator' THEN NULL ELSE link.canonical_id END AS as_fan_id
  FROM judged
  INNER JOIN identity_links AS link
    ON link.alias_id = CASE WHEN @entity = 'creator' THEN judged.creator_id ELSE judged.fan_id END
  WHERE link.known_from <= @data_through AND (link.known_until IS NULL OR @data_through < link.known_until)
),
returned AS (
  SELECT DISTINCT mine.creator_id, mine.fan_id, mine.as_of, TRUE AS in_time
  FROM may_return_as AS mine
  INNER JOIN activity
    ON activity.creator_id IS NOT DISTINCT FROM mine.as_creator_id
    AND activity.fan_id IS NOT DISTINCT FROM mine.as_fan_id
    AND activity.activity_date > mine.as_of
    AND activity.activity_date <= DATE_ADD(mine.last_active_date, INTERVAL mine.threshold_days DAY)
)
SELECT
  @entity AS entity,
  judged.creator_id,
  judged.fan_id,
  judged.as_of,
  CASE
    WHEN DATE_ADD(judged.last_active_date, INTERVAL judged.threshold_days DAY) <= @data_through
    THEN returned.in_time IS NULL
  END AS churned_own_rhythm
FROM judged
LEFT JOIN returned
  ON returned.creator_id IS NOT DISTINCT FROM judged.creator_id
  AND returned.fan_id IS NOT DISTINCT FROM judged.fan_id
  AND returned.as_of = judged.as_of
