-- The newest completed cycle and its inputs. No row if it is so old that deleted keys have been forgotten or that old and
-- new transactions cannot be told apart, or if it comes from another server, where its transactions are in the future.
-- Values: days.
SELECT cycle_id, cycle_key, window_start, window_end, inputs
FROM {conflict}.conflict_cycle
WHERE state = 'completed'
    AND inputs IS NOT NULL
    AND planned_at > now() - make_interval(days => %(days)s)
    AND pg_snapshot_xmax(pg_current_snapshot())::text::bigint - (inputs ->> 'transactions_from')::bigint
    BETWEEN 0 AND 2000000000
ORDER BY cycle_id DESC
LIMIT 1
