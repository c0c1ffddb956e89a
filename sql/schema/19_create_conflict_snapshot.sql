-- How the snapshot in conflictvisitmaps_temp was taken: its window, the transaction from which on writes may be missing
-- in it, what shows that the tables are still the same (steps/snapshot.py), or NULL if that is unknown, and the
-- transaction that took it. One row, or none before the first snapshot.
CREATE TABLE IF NOT EXISTS {conflict}.conflict_snapshot (
    is_only boolean PRIMARY KEY DEFAULT TRUE CHECK (is_only),
    window_start date NOT NULL,
    window_end date NOT NULL,
    transactions_from xid8 NOT NULL,
    tables text,
    taken_by xid8 NOT NULL,
    taken_at timestamptz NOT NULL
)
