-- How the snapshot in conflictvisitmaps_temp was taken: its window, the transaction from which on writes may not be in
-- it, and the file of the table, which another one means that it was emptied. One row, or none before the first one.
CREATE TABLE IF NOT EXISTS {conflict}.conflict_snapshot (
    is_only boolean PRIMARY KEY DEFAULT TRUE CHECK (is_only),
    window_start date NOT NULL,
    window_end date NOT NULL,
    transactions_from xid8 NOT NULL,
    file oid NOT NULL,
    taken_at timestamptz NOT NULL
)
