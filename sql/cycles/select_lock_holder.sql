-- The session that holds the advisory lock of this name alone; no row if none does. Values: name.
SELECT pg_locks.pid, coalesce(pg_stat_activity.application_name, '') AS application_name
FROM pg_locks
LEFT JOIN pg_stat_activity USING (pid)
WHERE pg_locks.locktype = 'advisory'
    AND pg_locks.granted
    AND pg_locks.mode = 'ExclusiveLock'
    AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND pg_locks.classid::bigint << 32 | pg_locks.objid::bigint = hashtextextended(%(name)s, 0)
    AND pg_locks.objsubid = 1
