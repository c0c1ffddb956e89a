-- The last cycles, newest first, with what their chunks add up to. Rows a second are those of the completed chunks, from
-- the first one's start to the last one's end. Repeated attempts are those that chunks took beyond their first. A cycle of
-- scope "changed" looks only at rows whose inputs have changed, so its rows are not to be compared with those of a
-- full one.
-- Values: cycles.
SELECT
    cycle.cycle_id,
    cycle.cycle_key,
    cycle.state,
    cycle.scope,
    cycle.opened_at,
    cycle.closed_at,
    cycle.seconds,
    cycle.chunks,
    cycle.completed,
    cycle.failed,
    cycle.planned,
    cycle.marked,
    cycle.redetected,
    cycle.not_redetected,
    cycle.guarded,
    cycle.bad_gps,
    cycle.written,
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
WHERE cycle.cycle_id IN (SELECT cycle_id FROM {conflict}.conflict_cycle ORDER BY cycle_id DESC LIMIT %(cycles)s)
ORDER BY cycle.cycle_id DESC
