-- End the cycle that is in the state. Values: state (preparing, open).
UPDATE {conflict}.conflict_cycle
SET state = 'superseded', closed_at = clock_timestamp()
WHERE state = %(state)s
RETURNING cycle_id, cycle_key
