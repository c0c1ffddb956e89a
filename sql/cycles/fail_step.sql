-- Record that a cycle step failed. Values: cycle_id, step, error.
UPDATE {conflict}.conflict_step
SET state = 'failed', error = %(error)s, finished_at = clock_timestamp()
WHERE cycle_id = %(cycle_id)s AND step = %(step)s AND state <> 'completed'
