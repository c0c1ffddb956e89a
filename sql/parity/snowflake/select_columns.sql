-- On Snowflake: the names of the table's columns, as they are stored; none if there is no such table.
-- Identifiers: catalog. Values: schema, table.
SELECT COLUMN_NAME
FROM {catalog}.COLUMNS
WHERE TABLE_SCHEMA = %(schema)s AND TABLE_NAME = %(table)s
ORDER BY ORDINAL_POSITION
