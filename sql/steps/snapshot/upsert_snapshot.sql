-- Record how this transaction takes the snapshot. Values: window_start, window_end, tables.
INSERT INTO {conflict}.conflict_snapshot (window_start, window_end, transactions_from, tables, taken_by, taken_at)
VALUES (
    %(window_start)s,
    %(window_end)s,
    pg_snapshot_xmin(pg_current_snapshot()),
    %(tables)s,
    pg_current_xact_id(),
    now()
)
ON CONFLICT (is_only) DO UPDATE
SET
    window_start = excluded.window_start,
    window_end = excluded.window_end,
    transactions_from = excluded.transactions_from,
    tables = excluded.tables,
    taken_by = excluded.taken_by,
    taken_at = excluded.taken_at
