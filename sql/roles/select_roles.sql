-- Which of the named roles the server has. Values: names.
SELECT rolname::text AS name FROM pg_roles WHERE rolname = ANY(%(names)s)
