-- Which of the named indexes exist. One that is not valid was left behind by a broken CREATE INDEX CONCURRENTLY:
-- it costs writes and helps nobody. Values: names, conflict_schema, analytics_schema.
SELECT pg_namespace.nspname AS schema_name, pg_class.relname AS index_name, pg_index.indisvalid AS is_valid
FROM pg_index
INNER JOIN pg_class ON pg_class.oid = pg_index.indexrelid
INNER JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace
WHERE pg_class.relname = ANY(%(names)s)
    AND pg_namespace.nspname IN (%(conflict_schema)s, %(analytics_schema)s)
