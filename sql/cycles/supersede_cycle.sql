-- End the open cycle in favour of a new one.
UPDATE {conflict}.conflict_cycle SET state = 'superseded', closed_at = clock_timestamp()
WHERE state = 'open'
RETURNING cycle_id, cycle_key
