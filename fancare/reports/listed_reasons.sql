-- The reasons of everyone on the watchlist of @as_of, each one's largest effect first.
SELECT
  why.creator_id,
  why.fan_id,
  why.text_ko,
  why.text_en,
  why.effect,
  why.joint_effect
FROM risk_reasons AS why
INNER JOIN watchlist AS listed
  ON listed.entity = why.entity
  AND listed.as_of = why.as_of
  AND listed.creator_id IS NOT DISTINCT FROM why.creator_id
  AND listed.fan_id IS NOT DISTINCT FROM why.fan_id
WHERE why.entity = @entity AND why.as_of = @as_of
ORDER BY why.position
