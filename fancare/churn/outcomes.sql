-- What was said of everybody on the scored days @as_ofs, and what happened, by what was known on @data_through.
-- Who was scored is who was at risk: the labels' query sees these rows as its cohort, so nobody can be lost between the two.
WITH scored AS (
  SELECT entity, creator_id, fan_id, as_of, model_version, rank, {risks},
    SUBSTR(TO_HEX(MD5(CONCAT(COALESCE(creator_id, ''), '|', COALESCE(fan_id, '')))), 1, 6) < @drawn_below AS is_drawn
  FROM risk_scores
  WHERE entity = @entity AND model_name = @model_name AND as_of IN UNNEST(@as_ofs)
),
cohort AS (
  SELECT entity, creator_id, fan_id, as_of
  FROM scored
  WHERE is_drawn OR rank <= @capacity
)
SELECT scored.creator_id, scored.fan_id, scored.as_of, scored.model_version, scored.rank, scored.is_drawn,
  {said},
  {happened}
FROM scored
INNER JOIN (
{labels}
) AS label
  ON label.creator_id IS NOT DISTINCT FROM scored.creator_id
  AND label.fan_id IS NOT DISTINCT FROM scored.fan_id
  AND label.as_of = scored.as_of
ORDER BY as_of, creator_id, fan_id
