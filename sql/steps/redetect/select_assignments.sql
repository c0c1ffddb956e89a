-- The columns of conflictvisitmaps with their types, without generated ones, and which column of the visits fills them
-- from which side: a column "X" of the visits in mixed case goes to "X" from the primary visit and to "ConX" from the
-- conflicting one; side and source of the others are NULL. Values: conflict_schema.
SELECT
    target.attname AS target,
    format_type(target.atttypid, target.atttypmod) AS type_name,
    source.side,
    source.attname AS source
FROM pg_attribute AS target
LEFT JOIN (
    SELECT side.alias AS side, side.prefix || attname AS filled, attname
    FROM pg_attribute
    CROSS JOIN (VALUES ('p', ''), ('c', 'Con')) AS side (alias, prefix)
    WHERE attrelid = 'pg_temp.visit'::regclass AND attnum > 0 AND attname <> lower(attname)
) AS source ON source.filled = target.attname
WHERE target.attrelid = format('%%I.conflictvisitmaps', %(conflict_schema)s::text)::regclass
    AND target.attnum > 0
    AND NOT target.attisdropped
    AND target.attgenerated = ''
ORDER BY target.attnum
