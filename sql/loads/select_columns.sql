-- On Snowflake: the columns of a table, whatever the case in which its name is stored. Values: schema, table.
SELECT TABLE_NAME, COLUMN_NAME
FROM {information_schema}.COLUMNS
WHERE TABLE_SCHEMA = %(schema)s AND UPPER(TABLE_NAME) = UPPER(%(table)s)
ORDER BY TABLE_NAME, ORDINAL_POSITION
