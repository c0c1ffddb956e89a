-- Select the bytes written so far: WAL of the whole server, and temporary files of one database.
-- Values: database.
SELECT
    pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint AS wal_bytes,
    coalesce((SELECT temp_bytes FROM pg_stat_database WHERE datname = %(database)s), 0) AS temp_bytes
