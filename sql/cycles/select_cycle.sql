-- The newest cycle, with what its chunks add up to. No row before any plan.
SELECT
    cycle_id, cycle_key, state, window_start, window_end, settings, upstream_finished_at, opened_at, closed_at,
    age_seconds, seconds, chunks, pending, locked, stuck, completed, failed, skipped, planned,
    planned_of_completed, marked, redetected, not_redetected, guarded, bad_gps, written, first_started_at,
    last_finished_at, scope, scope_reason
FROM {conflict}.conflict_cycle_status
ORDER BY cycle_id DESC
LIMIT 1
