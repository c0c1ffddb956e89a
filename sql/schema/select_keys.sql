-- The named tables, and whether a valid unique index keeps the key of each unique. keys: the key columns by table.
-- Values: keys, conflict_schema, analytics_schema.
SELECT
    pg_class.relname AS table_name,
    pg_class.relkind = 'r' AS can_have_index,
    EXISTS (
        SELECT
        FROM pg_index
        WHERE pg_index.indrelid = pg_class.oid
            AND pg_index.indisunique
            AND pg_index.indisvalid
            AND pg_index.indpred IS NULL
            AND pg_index.indexprs IS NULL
            AND (
                SELECT bool_and(wanted.columns ? pg_attribute.attname::text)
                FROM pg_attribute
                WHERE pg_attribute.attrelid = pg_class.oid
                    AND pg_attribute.attnum = ANY((pg_index.indkey::smallint[])[0:pg_index.indnkeyatts - 1])
            )
    ) AS is_unique
FROM jsonb_each(%(keys)s) AS wanted (table_name, columns)
INNER JOIN pg_class ON pg_class.relname = wanted.table_name
INNER JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace
WHERE pg_namespace.nspname IN (%(conflict_schema)s, %(analytics_schema)s)
ORDER BY pg_class.relname
