-- The rows of one table that concerns every row. Identifiers: table, table_name.
SELECT {table_name} AS table_name, coalesce(jsonb_agg(to_jsonb(source)), '[]') AS rows FROM {conflict}.{table} AS source
