-- Runs on Snowflake: the columns of a table whose name is stored in any case. Values: schema, table.
SELECT TABLE_NAME, COLUMN_NAME
FROM {information_schema}.COLUMNS
WHERE TABLE_SCHEMA = %(schema)s AND UPPER(TABLE_NAME) = UPPER(%(table)s)
ORDER BY TABLE_NAME, ORDINAL_POSITION
