-- Runs on Snowflake: the keys that one of the two tables of visits has and the other one lacks, because the visit
-- was deleted or restored at a time or later. Identifiers: table, other, key, key_name, other_key, updated.
-- Values: lower.
SELECT other.{other_key} AS {key_name}
FROM {source}.{other} AS other
WHERE (other.{updated} >= %(lower)s::TIMESTAMP_TZ OR other.{updated} IS NULL)
    AND NOT EXISTS (SELECT 1 FROM {source}.{table} AS own WHERE own.{key} = other.{other_key})
