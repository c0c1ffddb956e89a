-- How the existing snapshot was taken. No row if it cannot be updated incrementally: a table was emptied or altered
-- since, or its keys were not noted, or the snapshot is so old that noted keys have been forgotten or that old and new
-- transactions cannot be told apart, or its row was restored or replicated from another server. Values: tables, days.
SELECT
    window_start AS baseline_window_start,
    window_end AS baseline_window_end,
    transactions_from::text AS transactions_from
FROM {conflict}.conflict_snapshot AS snapshot
WHERE tables = %(tables)s
    AND taken_at > now() - make_interval(days => %(days)s)
    AND snapshot.xmin = taken_by::xid
    AND pg_snapshot_xmax(pg_current_snapshot())::text::bigint - transactions_from::text::bigint BETWEEN 0 AND 2000000000
    AND NOT EXISTS (
        SELECT FROM {conflict}.conflict_changed_key
        WHERE table_name = 'conflict_snapshot' AND changed_by = snapshot.taken_by
    )
