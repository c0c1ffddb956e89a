-- Open a cycle. Its key is its start in UTC to the second, moved on where that second is taken: keys sort by age
-- and are never used again. Values: window_start, window_end, settings, scope, scope_reason, inputs,
-- upstream_finished_at, run_id.
INSERT INTO {conflict}.conflict_cycle (
    cycle_key, window_start, window_end, settings, scope, scope_reason, inputs, last_row_id, upstream_finished_at, run_id
)
SELECT
    to_char(greatest(
        clock_timestamp() AT TIME ZONE 'UTC',
        (SELECT max(to_timestamp(cycle_key, '"c"YYYYMMDD"t"HH24MISS')::timestamp) FROM {conflict}.conflict_cycle)
        + interval '1 second'
    ), '"c"YYYYMMDD"t"HH24MISS'),
    %(window_start)s,
    %(window_end)s,
    %(settings)s,
    %(scope)s,
    %(scope_reason)s,
    %(inputs)s,
    (SELECT max("ID") FROM {conflict}.conflictvisitmaps),
    %(upstream_finished_at)s,
    %(run_id)s
RETURNING cycle_id, cycle_key
