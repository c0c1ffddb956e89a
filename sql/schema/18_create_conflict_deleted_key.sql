-- Keys of rows that were deleted from the analytics tables, and by which transaction; filled by triggers, whoever
-- deletes.
CREATE TABLE IF NOT EXISTS {conflict}.conflict_deleted_key (
    table_name text NOT NULL,
    key text NOT NULL,
    deleted_by xid8 NOT NULL DEFAULT pg_current_xact_id(),
    deleted_at timestamptz NOT NULL DEFAULT clock_timestamp()
)
