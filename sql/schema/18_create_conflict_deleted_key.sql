-- Keys of rows that were deleted or that an update took away, and the transaction that did so; filled by triggers,
-- regardless of who writes.
CREATE TABLE IF NOT EXISTS {conflict}.conflict_deleted_key (
    table_name text NOT NULL,
    key text NOT NULL,
    deleted_by xid8 NOT NULL DEFAULT pg_current_xact_id(),
    deleted_at timestamptz NOT NULL DEFAULT clock_timestamp()
)
