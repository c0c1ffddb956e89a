-- Record that a cycle step is completed, in its transaction. Values: cycle_id, step, counts.
UPDATE {conflict}.conflict_step
SET state = 'completed', counts = %(counts)s, finished_at = clock_timestamp()
WHERE cycle_id = %(cycle_id)s AND step = %(step)s
RETURNING extract(epoch FROM finished_at - started_at)::float8 AS seconds
