-- The cycle steps that a cycle has started, in that order. Values: cycle_id.
SELECT
    step, state, counts, run_id, started_at, finished_at, error,
    extract(epoch FROM finished_at - started_at)::float8 AS seconds
FROM {conflict}.conflict_step
WHERE cycle_id = %(cycle_id)s
ORDER BY started_at, step
