-- On Snowflake: the keys of visits that have left a table for the other one, which holds the deleted visits or
-- those that are not deleted. Only moves from a moment on. Identifiers: table, other, key, key_name,
-- other_key, updated.
-- Values: lower.
SELECT other.{other_key} AS {key_name}
FROM {source}.{other} AS other
WHERE (other.{updated} >= %(lower)s::TIMESTAMP_TZ OR other.{updated} IS NULL)
    AND NOT EXISTS (SELECT 1 FROM {source}.{table} AS here WHERE here.{key} = other.{other_key})
