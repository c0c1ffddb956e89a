-- Each cycle in figures: its chunks by status, its counts by step, and its rate: the planned rows of its completed chunks,
-- from the first start to the last end. Repeated attempts are those beyond the first of each chunk.
CREATE OR REPLACE VIEW {conflict}.conflict_cycle_status AS
SELECT
    cycle.cycle_id,
    cycle.cycle_key,
    cycle.state,
    cycle.mode,
    cycle.mode_reason,
    cycle.window_start,
    cycle.window_end,
    cycle.time_zone,
    cycle.settings,
    cycle.prepared_by,
    cycle.opened_at,
    cycle.planned_at,
    cycle.closed_at,
    extract(epoch FROM clock_timestamp() - cycle.opened_at)::float8 AS age_seconds,
    extract(epoch FROM coalesce(cycle.closed_at, clock_timestamp()) - cycle.opened_at)::float8 AS seconds,
    chunk.*,
    coalesce(count_by_step.counts, '{{}}') AS counts
FROM {conflict}.conflict_cycle AS cycle
CROSS JOIN LATERAL (
    SELECT
        count(*) AS chunks,
        count(*) FILTER (WHERE status = 'pending') AS pending,
        count(*) FILTER (WHERE status = 'running') AS running,
        count(*) FILTER (WHERE status = 'stuck') AS stuck,
        count(*) FILTER (WHERE status = 'completed') AS completed,
        count(*) FILTER (WHERE status = 'failed') AS failed,
        count(*) FILTER (WHERE status = 'skipped') AS skipped,
        coalesce(sum(planned), 0)::bigint AS planned,
        coalesce(sum(planned) FILTER (WHERE status = 'completed'), 0)::bigint AS planned_of_completed,
        coalesce(sum(greatest(attempts - 1, 0)), 0)::bigint AS repeated_attempts,
        max(finished_at) AS last_finished_at,
        (
            nullif(coalesce(sum(planned) FILTER (WHERE status = 'completed'), 0), 0)
            / nullif(extract(epoch FROM max(finished_at) - min(started_at)), 0)
        )::float8 AS rows_per_second
    FROM {conflict}.conflict_chunk_status
    WHERE conflict_chunk_status.cycle_id = cycle.cycle_id
) AS chunk
CROSS JOIN LATERAL (
    -- A count is a number, or numbers by name: those of completed chunks are added up, those of cycle steps stand alone.
    WITH counted AS (
        SELECT step.key AS step, count.key AS name, count.value
        FROM {conflict}.conflict_chunk
        CROSS JOIN jsonb_each(conflict_chunk.counts) AS step
        CROSS JOIN jsonb_each(step.value) AS count
        WHERE conflict_chunk.cycle_id = cycle.cycle_id AND conflict_chunk.state = 'completed'
        UNION ALL
        SELECT conflict_step.step, count.key, count.value
        FROM {conflict}.conflict_step
        CROSS JOIN jsonb_each(conflict_step.counts) AS count
        WHERE conflict_step.cycle_id = cycle.cycle_id AND conflict_step.state = 'completed'
    ),

    total AS (
        SELECT step, name, to_jsonb(sum((value #>> '{{}}')::bigint)::bigint) AS value
        FROM counted
        WHERE jsonb_typeof(value) = 'number'
        GROUP BY step, name
        UNION ALL
        SELECT part.step, part.name, jsonb_object_agg(part.key, part.total)
        FROM (
            SELECT counted.step, counted.name, number.key, sum(number.value::bigint)::bigint AS total
            FROM counted
            CROSS JOIN jsonb_each_text(CASE jsonb_typeof(counted.value) WHEN 'object' THEN counted.value END) AS number
            GROUP BY counted.step, counted.name, number.key
        ) AS part
        GROUP BY part.step, part.name
    )

    SELECT jsonb_object_agg(step.step, step.counts) AS counts
    FROM (
        SELECT total.step, jsonb_object_agg(total.name, total.value) AS counts
        FROM total
        GROUP BY total.step
    ) AS step
) AS count_by_step
