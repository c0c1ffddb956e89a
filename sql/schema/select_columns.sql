-- Every column of every table and view in the two schemas.
-- Values: conflict_schema, analytics_schema.
SELECT
    pg_namespace.nspname AS schema_name,
    pg_class.relname AS table_name,
    pg_attribute.attname AS column_name,
    format_type(pg_attribute.atttypid, pg_attribute.atttypmod) AS type_name
FROM pg_class
INNER JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace
INNER JOIN pg_attribute ON pg_attribute.attrelid = pg_class.oid
WHERE pg_namespace.nspname IN (%(conflict_schema)s, %(analytics_schema)s)
    AND pg_class.relkind IN ('r', 'p', 'f', 'v', 'm')
    AND pg_attribute.attnum > 0
    AND NOT pg_attribute.attisdropped
