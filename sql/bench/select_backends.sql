-- Select the server processes that are connected to a database.
-- Values: database.
SELECT pid FROM pg_stat_activity WHERE datname = %(database)s
