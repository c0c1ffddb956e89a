-- Whether a session holds the advisory lock of this name alone. Values: name.
SELECT EXISTS (
    SELECT FROM pg_locks
    WHERE locktype = 'advisory'
        AND granted
        AND mode = 'ExclusiveLock'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND classid::bigint << 32 | objid::bigint = hashtextextended(%(name)s, 0)
        AND objsubid = 1
) AS is_locked
