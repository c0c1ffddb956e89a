-- Each cycle in figures: its chunks by status, its rows, and how fast it is.
CREATE OR REPLACE VIEW {conflict}.conflict_cycle_status AS
SELECT
    cycle.cycle_id,
    cycle.cycle_key,
    cycle.state,
    cycle.window_start,
    cycle.window_end,
    cycle.settings,
    cycle.upstream_finished_at,
    cycle.opened_at,
    cycle.closed_at,
    extract(epoch FROM clock_timestamp() - cycle.opened_at)::float8 AS age_seconds,
    extract(epoch FROM coalesce(cycle.closed_at, clock_timestamp()) - cycle.opened_at)::float8 AS seconds,
    chunk.*,
    cycle.scope,
    cycle.scope_reason
FROM {conflict}.conflict_cycle AS cycle
CROSS JOIN LATERAL (
    SELECT
        count(*) AS chunks,
        count(*) FILTER (WHERE status = 'pending') AS pending,
        count(*) FILTER (WHERE status = 'locked') AS locked,
        count(*) FILTER (WHERE status = 'stuck') AS stuck,
        count(*) FILTER (WHERE status = 'completed') AS completed,
        count(*) FILTER (WHERE status = 'failed') AS failed,
        count(*) FILTER (WHERE status = 'skipped') AS skipped,
        coalesce(sum(planned), 0)::bigint AS planned,
        coalesce(sum(planned) FILTER (WHERE status = 'completed'), 0)::bigint AS planned_of_completed,
        coalesce(sum(marked), 0)::bigint AS marked,
        coalesce(sum(redetected), 0)::bigint AS redetected,
        coalesce(sum(not_redetected), 0)::bigint AS not_redetected,
        coalesce(sum(guarded), 0)::bigint AS guarded,
        coalesce(sum(bad_gps), 0)::bigint AS bad_gps,
        min(started_at) AS first_started_at,
        max(finished_at) AS last_finished_at,
        coalesce(sum(written), 0)::bigint AS written
    FROM {conflict}.conflict_chunk_status
    WHERE conflict_chunk_status.cycle_id = cycle.cycle_id
) AS chunk
