-- Which of the named indexes exist. An interrupted CREATE INDEX CONCURRENTLY leaves an invalid index, which slows down
-- writes and serves no query. Values: names, conflict_schema, analytics_schema.
SELECT pg_namespace.nspname AS schema_name, pg_class.relname AS index_name, pg_index.indisvalid AS is_valid
FROM pg_index
INNER JOIN pg_class ON pg_class.oid = pg_index.indexrelid
INNER JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace
WHERE pg_class.relname = ANY(%(names)s)
    AND pg_namespace.nspname IN (%(conflict_schema)s, %(analytics_schema)s)
