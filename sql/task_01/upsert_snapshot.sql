-- Notes how the snapshot is taken that this transaction takes. Values: window_start, window_end, conflict_schema.
INSERT INTO {conflict}.conflict_snapshot (window_start, window_end, transactions_from, file, taken_at)
VALUES (
    %(window_start)s,
    %(window_end)s,
    pg_snapshot_xmin(pg_current_snapshot()),
    pg_relation_filenode(format('%%I.conflictvisitmaps_temp', %(conflict_schema)s::text)::regclass),
    now()
)
ON CONFLICT (is_only) DO UPDATE
SET
    window_start = excluded.window_start,
    window_end = excluded.window_end,
    transactions_from = excluded.transactions_from,
    file = excluded.file,
    taken_at = excluded.taken_at
