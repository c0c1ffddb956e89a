-- Insert a cycle that is being prepared. Its key is its start in UTC to the second, moved on where that second is taken:
-- keys sort by age and are never used again. Values: lookback_years, lookahead_days, mode, settings, prepared_by, run_id.
INSERT INTO {conflict}.conflict_cycle (
    cycle_key, state, mode, today, window_start, window_end, settings, prepared_by, run_id
)
SELECT
    to_char(greatest(
        clock_timestamp() AT TIME ZONE 'UTC',
        (SELECT max(to_timestamp(cycle_key, '"c"YYYYMMDD"t"HH24MISS')::timestamp) FROM {conflict}.conflict_cycle)
        + interval '1 second'
    ), '"c"YYYYMMDD"t"HH24MISS'),
    'preparing',
    %(mode)s,
    current_date,
    current_date - make_interval(years => %(lookback_years)s),
    current_date + %(lookahead_days)s::integer,
    %(settings)s,
    %(prepared_by)s,
    %(run_id)s
RETURNING cycle_id
