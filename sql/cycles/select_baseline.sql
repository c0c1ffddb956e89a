-- The newest completed cycle, its inputs, and whether old and new transactions can be told apart by them: the row is the
-- version that its closing wrote on this server, not one that was restored (another xmin) or that replication has written
-- (noted), and not too many transactions have run since. No row if it is so old that noted keys have been forgotten.
-- Values: days.
SELECT
    cycle_id, cycle_key, window_start, window_end, inputs,
    coalesce(
        cycle.xmin = closed_by::xid
        AND pg_snapshot_xmax(pg_current_snapshot())::text::bigint - (inputs ->> 'transactions_from')::bigint
        BETWEEN 0 AND 2000000000
        AND NOT EXISTS (
            SELECT FROM {conflict}.conflict_changed_key
            WHERE table_name = 'conflict_cycle' AND changed_by = cycle.closed_by
        ),
        FALSE
    ) AS is_comparable
FROM {conflict}.conflict_cycle AS cycle
WHERE state = 'completed' AND planned_at > now() - make_interval(days => %(days)s)
ORDER BY cycle_id DESC
LIMIT 1
