-- The server's processes that are at work in a database.
-- Values: database.
SELECT pid FROM pg_stat_activity WHERE datname = %(database)s
