-- The newest completed cycle, and what its result rests on. Not one that is so many days or transactions old that deleted
-- keys have been forgotten or that old and new transactions cannot be told apart, nor one from another server, whose
-- transactions are in the future. Values: days.
SELECT cycle_id, cycle_key, window_start, window_end, inputs
FROM {conflict}.conflict_cycle
WHERE state = 'completed'
    AND inputs IS NOT NULL
    AND planned_at > now() - make_interval(days => %(days)s)
    AND pg_snapshot_xmax(pg_current_snapshot())::text::bigint - (inputs ->> 'transactions_from')::bigint
    BETWEEN 0 AND 2000000000
ORDER BY cycle_id DESC
LIMIT 1
