-- The cycle that is being prepared, if there is one.
SELECT {cycle_columns}
FROM {conflict}.conflict_cycle_status
WHERE state = 'preparing'
