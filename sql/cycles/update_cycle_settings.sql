-- Give a cycle that is being prepared other settings; its window is counted from the date on which it was opened.
-- Values: cycle_id, lookback_years, lookahead_days, mode, settings, run_id.
UPDATE {conflict}.conflict_cycle
SET
    mode = %(mode)s,
    window_start = today - make_interval(years => %(lookback_years)s),
    window_end = today + %(lookahead_days)s::integer,
    settings = %(settings)s,
    run_id = %(run_id)s
WHERE cycle_id = %(cycle_id)s AND state = 'preparing'
