-- The columns that the snapshot copies from the table under the same name. Values: conflict_schema.
SELECT snapshot.attname AS column_name
FROM pg_attribute AS snapshot
INNER JOIN pg_class AS snapshot_table ON snapshot_table.oid = snapshot.attrelid
INNER JOIN pg_class AS source_table
    ON source_table.relnamespace = snapshot_table.relnamespace AND source_table.relname = 'conflictvisitmaps'
INNER JOIN pg_attribute AS source
    ON source.attrelid = source_table.oid AND source.attname = snapshot.attname
INNER JOIN pg_namespace ON pg_namespace.oid = snapshot_table.relnamespace
WHERE snapshot_table.relname = 'conflictvisitmaps_temp'
    AND pg_namespace.nspname = %(conflict_schema)s
    AND snapshot.attnum > 0
    AND NOT snapshot.attisdropped
    AND NOT source.attisdropped
    AND snapshot.attname NOT IN ('StatusFlag', 'FlagForReview', 'FlagForReviewDate', 'CreatedDate')
ORDER BY snapshot.attnum
