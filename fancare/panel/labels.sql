-- Days from as_of to the next activity of each cohort row, within the last mature horizon, by what was known on
-- @data_through. Entities that never come back keep their row: they are the churners.
WITH maturity AS (
  SELECT as_of, MAX(horizon) AS mature_days
  FROM UNNEST(@as_ofs) AS as_of
  CROSS JOIN UNNEST(@horizons) AS horizon
  WHERE DATE_ADD(as_of, INTERVAL horizon DAY) <= @data_through
  GROUP BY as_of
),
activity AS (
  {known_activity}
),
at_risk AS (
  SELECT creator_id, fan_id, as_of
  FROM cohort
  WHERE entity = @entity AND as_of IN UNNEST(@as_ofs)
),
may_return_as AS (
  {known_as}
),
returns AS (
  SELECT mine.creator_id, mine.fan_id, mine.as_of,
    MIN(DATE_DIFF(activity.activity_date, mine.as_of, DAY)) AS days_until_return
  FROM may_return_as AS mine
  INNER JOIN maturity ON maturity.as_of = mine.as_of
  INNER JOIN activity
    ON activity.creator_id IS NOT DISTINCT FROM mine.as_creator_id
    AND activity.fan_id IS NOT DISTINCT FROM mine.as_fan_id
    AND activity.activity_date > mine.as_of
    AND activity.activity_date <= DATE_ADD(mine.as_of, INTERVAL maturity.mature_days DAY)
  GROUP BY mine.creator_id, mine.fan_id, mine.as_of
)
SELECT @entity AS entity, at_risk.creator_id, at_risk.fan_id, at_risk.as_of, returns.days_until_return
FROM at_risk
LEFT JOIN returns
  ON returns.creator_id IS NOT DISTINCT FROM at_risk.creator_id
  AND returns.fan_id IS NOT DISTINCT FROM at_risk.fan_id
  AND returns.as_of = at_risk.as_of
