-- Keys of rows that were deleted or that an update took away, every key of a visit that was written, and the transaction
-- that did so; filled by triggers, regardless of the writer (postgres/triggers.py).
CREATE TABLE IF NOT EXISTS {conflict}.conflict_changed_key (
    table_name text NOT NULL,
    key text NOT NULL,
    changed_by xid8 NOT NULL DEFAULT pg_current_xact_id(),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
)
