-- The newest cycle that has been planned, with what its chunks add up to. No row before any plan.
SELECT {cycle_columns}
FROM {conflict}.conflict_cycle_status
WHERE planned_at IS NOT NULL
ORDER BY cycle_id DESC
LIMIT 1
