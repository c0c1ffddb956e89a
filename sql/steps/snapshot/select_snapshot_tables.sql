-- The identity of the tables of the snapshot: the file of each, which changes when the table is emptied, rewritten or
-- replaced, and its columns. NULL where deleted rows are not recorded. Values: conflict_schema.
SELECT
    CASE WHEN count(*) = 3 AND bool_and(is_noted OR relname = 'conflictvisitmaps_temp')
        THEN string_agg(concat_ws(' ', relname, file, columns), ',' ORDER BY relname)
    END AS tables
FROM (
    SELECT
        pg_class.relname,
        pg_relation_filenode(pg_class.oid) AS file,
        (
            SELECT md5(string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod)), ',' ORDER BY attnum))
            FROM pg_attribute
            WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
        ) AS columns,
        EXISTS (
            SELECT FROM pg_trigger
            WHERE tgrelid = pg_class.oid AND tgname = 'conflict_note_deleted_key' AND tgenabled IN ('O', 'A')
        ) AS is_noted
    FROM pg_class
    INNER JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace
    WHERE pg_namespace.nspname = %(conflict_schema)s
        AND pg_class.relname IN ('conflictvisitmaps', 'conflicts', 'conflictvisitmaps_temp')
) AS used
