-- Select the databases that killed benchmarks of this user left behind: no session is named after their token.
-- Values: prefix.
SELECT datname AS name
FROM pg_database
WHERE starts_with(datname, %(prefix)s)
    AND pg_get_userbyid(datdba) = current_user
    AND NOT EXISTS (
        SELECT FROM pg_stat_activity
        WHERE application_name = 'conflict_pipeline bench ' || split_part(pg_database.datname, '_', 4)
    )
ORDER BY datname
