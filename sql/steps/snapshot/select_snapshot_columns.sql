-- The columns that the snapshot fills, with their types, and whether it copies them from the table under the same name.
-- Columns that it does not know stay empty, and generated ones fill themselves. Values: conflict_schema, own_columns.
SELECT
    snapshot.attname AS column_name,
    format_type(snapshot.atttypid, snapshot.atttypmod) AS type_name,
    NOT snapshot.attname = ANY(%(own_columns)s) AS is_same
FROM pg_attribute AS snapshot
INNER JOIN pg_class AS snapshot_table ON snapshot_table.oid = snapshot.attrelid
INNER JOIN pg_class AS source_table
    ON source_table.relnamespace = snapshot_table.relnamespace AND source_table.relname = 'conflictvisitmaps'
INNER JOIN pg_namespace ON pg_namespace.oid = snapshot_table.relnamespace
WHERE snapshot_table.relname = 'conflictvisitmaps_temp'
    AND pg_namespace.nspname = %(conflict_schema)s
    AND snapshot.attnum > 0
    AND NOT snapshot.attisdropped
    AND snapshot.attgenerated = ''
    AND (
        snapshot.attname = ANY(%(own_columns)s)
        OR EXISTS (
            SELECT
            FROM pg_attribute AS source
            WHERE source.attrelid = source_table.oid AND source.attname = snapshot.attname AND NOT source.attisdropped
        )
    )
ORDER BY snapshot.attnum
