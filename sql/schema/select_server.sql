-- The server's version and the settings of this connection.
SELECT
    current_setting('server_version') AS version,
    current_database() AS database,
    current_user AS user_name,
    current_setting('TimeZone') AS time_zone,
    (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) AS tls
