-- The newest planned cycles, newest first, with what their chunks add up to. An incremental cycle looks only at rows whose
-- inputs have changed, so its rows cannot be compared with those of a full cycle. Values: cycles.
SELECT
    cycle_id,
    cycle_key,
    state,
    mode,
    opened_at,
    closed_at,
    seconds,
    chunks,
    completed,
    failed,
    planned,
    counts,
    rows_per_second,
    repeated_attempts
FROM {conflict}.conflict_cycle_status
WHERE cycle_id IN (
    SELECT cycle_id
    FROM {conflict}.conflict_cycle
    WHERE planned_at IS NOT NULL
    ORDER BY cycle_id DESC
    LIMIT %(cycles)s
)
ORDER BY cycle_id DESC
