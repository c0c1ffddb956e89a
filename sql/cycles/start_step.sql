-- Record that a cycle step starts. Values: cycle_id, step, run_id.
INSERT INTO {conflict}.conflict_step (cycle_id, step, run_id)
VALUES (%(cycle_id)s, %(step)s, %(run_id)s)
ON CONFLICT (cycle_id, step) DO UPDATE
SET
    state = 'running', counts = NULL, run_id = excluded.run_id, error = NULL,
    started_at = clock_timestamp(), finished_at = NULL
