-- The last cycles, newest first, with the number of rows that their chunks looked at, detected again and did not
-- detect again. The rate in rows per second covers the completed chunks, from the first start to the last end.
-- Repeated attempts are the attempts beyond the first of each chunk. An incremental cycle looks only at rows
-- whose result may have changed, so its numbers cannot be compared with those of a full cycle.
-- Values: cycles.
SELECT
    cycle.cycle_key,
    cycle.state,
    cycle.mode,
    cycle.opened_at,
    cycle.closed_at,
    cycle.seconds,
    coalesce(counts.rows, 0) AS rows,
    coalesce(counts.redetected, 0) AS redetected,
    coalesce(counts.not_redetected, 0) AS not_redetected,
    coalesce(counts.written, 0) AS written,
    cycle.rows_per_second,
    cycle.repeated_attempts
FROM {conflict}.conflict_cycle_status AS cycle
CROSS JOIN jsonb_to_record(coalesce(cycle.counts -> 'redetect', '{{}}'))
    AS counts (rows bigint, redetected bigint, not_redetected bigint, written bigint)
WHERE cycle.planned_at IS NOT NULL
ORDER BY cycle.cycle_id DESC
LIMIT %(cycles)s
