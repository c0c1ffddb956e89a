-- The newest completed cycle whose inputs are known, and what they were. Not one from before so many days or
-- transactions that what was deleted since is forgotten, or that old and new transactions cannot be told apart; nor
-- one of another server's, whose transactions are not yet here. Values: days.
SELECT cycle_id, cycle_key, window_start, window_end, inputs
FROM {conflict}.conflict_cycle
WHERE state = 'completed'
    AND inputs IS NOT NULL
    AND opened_at > now() - make_interval(days => %(days)s)
    AND pg_snapshot_xmax(pg_current_snapshot())::text::bigint - (inputs ->> 'transactions_from')::bigint
    BETWEEN 0 AND 2000000000
ORDER BY cycle_id DESC
LIMIT 1
