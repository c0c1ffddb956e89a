-- Which target column takes which column of the visits, from which side, cut or rounded to which type: a column
-- "X" in mixed case goes to "X" from the primary visit and to "ConX" from the conflicting one.
-- Values: conflict_schema.
SELECT
    target.attname AS target,
    side.alias AS side,
    source.attname AS source,
    format_type(target.atttypid, target.atttypmod) AS type_name
FROM pg_attribute AS source
CROSS JOIN (VALUES ('p', ''), ('c', 'Con')) AS side (alias, prefix)
INNER JOIN pg_attribute AS target ON target.attname = side.prefix || source.attname
INNER JOIN pg_class ON pg_class.oid = target.attrelid
INNER JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace
WHERE source.attrelid = 'pg_temp.visit'::regclass
    AND source.attnum > 0
    AND source.attname <> lower(source.attname)
    AND pg_class.relname = 'conflictvisitmaps'
    AND pg_namespace.nspname = %(conflict_schema)s
    AND NOT target.attisdropped
ORDER BY target.attnum
