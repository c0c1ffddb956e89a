-- The newest cycle, with what its chunks add up to. No row before any plan.
SELECT
    cycle.cycle_id,
    cycle.cycle_key,
    cycle.state,
    cycle.window_start,
    cycle.window_end,
    cycle.settings,
    cycle.opened_at,
    cycle.closed_at,
    extract(epoch FROM clock_timestamp() - cycle.opened_at)::float8 AS age_seconds,
    extract(epoch FROM coalesce(cycle.closed_at, clock_timestamp()) - cycle.opened_at)::float8 AS seconds,
    chunk.*
FROM {conflict}.conflict_cycle AS cycle
CROSS JOIN LATERAL (
    SELECT
        count(*) AS chunks,
        count(*) FILTER (WHERE state = 'pending') AS pending,
        count(*) FILTER (WHERE state = 'processing') AS processing,
        count(*) FILTER (WHERE state = 'completed') AS completed,
        count(*) FILTER (WHERE state = 'failed') AS failed,
        count(*) FILTER (WHERE state = 'skipped') AS skipped,
        coalesce(sum(planned), 0)::bigint AS planned,
        coalesce(sum(marked), 0)::bigint AS marked,
        coalesce(sum(redetected), 0)::bigint AS redetected,
        coalesce(sum(not_redetected), 0)::bigint AS not_redetected,
        coalesce(sum(guarded), 0)::bigint AS guarded,
        coalesce(sum(bad_gps), 0)::bigint AS bad_gps
    FROM {conflict}.conflict_chunk
    WHERE conflict_chunk.cycle_id = cycle.cycle_id
) AS chunk
ORDER BY cycle.cycle_id DESC
LIMIT 1
