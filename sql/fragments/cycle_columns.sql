-- The columns of conflict_cycle_status that make a Cycle.
cycle_id, cycle_key, state, mode, mode_reason, window_start, window_end, time_zone, settings, prepared_by, opened_at,
    planned_at, closed_at, age_seconds, seconds, chunks, pending, running, stuck, completed, failed, skipped, planned,
    planned_of_completed, repeated_attempts, last_finished_at, rows_per_second, counts,
    (SELECT max(cycle_key) FROM {conflict}.conflict_cycle WHERE planned_at IS NOT NULL) AS newest_cycle_key
