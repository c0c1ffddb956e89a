-- The newest cycles, newest first, with what their chunks add up to. The rate is that of the completed chunks, from the
-- first start to the last end. Repeated attempts are those beyond the first of each chunk. An incremental cycle looks only
-- at rows whose inputs have changed, so its rows cannot be compared with those of a full cycle. Values: cycles.
SELECT
    cycle.cycle_id,
    cycle.cycle_key,
    cycle.state,
    cycle.mode,
    cycle.opened_at,
    cycle.closed_at,
    cycle.seconds,
    cycle.chunks,
    cycle.completed,
    cycle.failed,
    cycle.planned,
    cycle.counts,
    (
        cycle.planned_of_completed
        / nullif(extract(epoch FROM cycle.last_finished_at - cycle.first_started_at), 0)
    )::float8 AS rows_per_second,
    (
        SELECT coalesce(sum(greatest(attempts - 1, 0)), 0)::bigint
        FROM {conflict}.conflict_chunk_status
        WHERE conflict_chunk_status.cycle_id = cycle.cycle_id
    ) AS repeated_attempts
FROM {conflict}.conflict_cycle_status AS cycle
WHERE cycle.cycle_id IN (
    SELECT cycle_id
    FROM {conflict}.conflict_cycle
    WHERE planned_at IS NOT NULL
    ORDER BY cycle_id DESC
    LIMIT %(cycles)s
)
ORDER BY cycle.cycle_id DESC
