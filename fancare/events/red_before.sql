-- The days that the last check found red.
SELECT DISTINCT activity_date
FROM quality_checks
WHERE verdict = 'red'
  AND activity_date IS NOT NULL
  AND checked_at = (SELECT MAX(checked_at) FROM quality_checks)
ORDER BY activity_date
