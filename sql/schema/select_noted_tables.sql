-- The relations that tables consist of (each itself, and its partitions and heirs, parents first), one row for each of
-- their triggers that calls a function of the pipeline, or one without a trigger. The identity changes when the relation
-- is replaced, emptied, rewritten or gets other columns, the version of a trigger when it is created, disabled or
-- enabled. Values: conflict_schema, schemas, names (of each table), functions.
WITH RECURSIVE part AS (
    SELECT wanted.name AS table_name, pg_class.oid, 0 AS depth
    FROM unnest(%(schemas)s::text[], %(names)s::text[]) AS wanted (schema, name)
    INNER JOIN pg_namespace ON pg_namespace.nspname = wanted.schema
    INNER JOIN pg_class ON pg_class.relnamespace = pg_namespace.oid AND pg_class.relname = wanted.name
    UNION ALL
    SELECT part.table_name, pg_inherits.inhrelid, part.depth + 1
    FROM part
    INNER JOIN pg_inherits ON pg_inherits.inhparent = part.oid
)

SELECT
    part.table_name,
    pg_namespace.nspname::text AS part_schema,
    pg_class.relname::text AS part_name,
    pg_class.relispartition AS is_partition,
    pg_class.relkind = 'p' AS is_partitioned,
    pg_class.relkind IN ('r', 'p') AND pg_class.relpersistence = 'p' AS is_durable,
    concat_ws(' ', part.oid, pg_class.relfilenode, part_column.columns) AS identity,
    concat_ws(' ', pg_trigger.oid, pg_trigger.xmin) AS trigger_version,
    pg_proc.proname::text AS function,
    pg_trigger.tgtype AS bits,
    pg_trigger.tgenabled::text AS enabled,
    pg_trigger.tgargs AS arguments,
    (SELECT oid FROM pg_namespace WHERE nspname = %(conflict_schema)s)::text AS schema_oid
FROM part
INNER JOIN pg_class ON pg_class.oid = part.oid
INNER JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace
CROSS JOIN LATERAL (
    SELECT md5(string_agg(concat_ws(' ', attnum, attname, format_type(atttypid, atttypmod)), ',' ORDER BY attnum)) AS columns
    FROM pg_attribute
    WHERE attrelid = part.oid AND attnum > 0 AND NOT attisdropped
) AS part_column
LEFT JOIN (
    pg_trigger
    INNER JOIN pg_proc ON pg_proc.oid = pg_trigger.tgfoid AND pg_proc.proname = ANY(%(functions)s)
    INNER JOIN pg_namespace AS function_schema
        ON function_schema.oid = pg_proc.pronamespace AND function_schema.nspname = %(conflict_schema)s
) ON pg_trigger.tgrelid = part.oid
ORDER BY part.table_name, part.depth, part.oid, pg_trigger.oid
