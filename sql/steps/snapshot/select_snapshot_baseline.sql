-- How the snapshot was taken that is there, if that tells what to bring up to date: not if a table was emptied or altered
-- since, nor if it is so many days or transactions old that what was deleted since is forgotten, or that old and new
-- transactions cannot be told apart, nor if it comes from another server. Values: tables, days.
SELECT
    window_start AS baseline_window_start,
    window_end AS baseline_window_end,
    transactions_from::text AS transactions_from
FROM {conflict}.conflict_snapshot
WHERE tables = %(tables)s
    AND taken_at > now() - make_interval(days => %(days)s)
    AND pg_snapshot_xmax(pg_current_snapshot())::text::bigint - transactions_from::text::bigint BETWEEN 0 AND 2000000000
