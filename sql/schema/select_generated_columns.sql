-- Those of the named columns that the table computes itself. Values: conflict_schema, table_name, columns.
SELECT pg_attribute.attname AS column_name
FROM pg_attribute
INNER JOIN pg_class ON pg_class.oid = pg_attribute.attrelid
INNER JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace
WHERE pg_namespace.nspname = %(conflict_schema)s
    AND pg_class.relname = %(table_name)s
    AND pg_attribute.attname = ANY(%(columns)s)
    AND NOT pg_attribute.attisdropped
    AND pg_attribute.attgenerated <> ''
ORDER BY pg_attribute.attnum
