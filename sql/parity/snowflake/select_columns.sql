-- On Snowflake: return the stored names of the table's columns, or nothing if the table does not exist.
-- Identifiers: catalog. Values: schema, table.
SELECT COLUMN_NAME
FROM {catalog}.COLUMNS
WHERE TABLE_SCHEMA = %(schema)s AND TABLE_NAME = %(table)s
ORDER BY ORDINAL_POSITION
