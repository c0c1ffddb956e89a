-- Every function of the conflict schema. Values: conflict_schema.
SELECT pg_proc.proname::text AS function_name
FROM pg_proc
INNER JOIN pg_namespace ON pg_namespace.oid = pg_proc.pronamespace
WHERE pg_namespace.nspname = %(conflict_schema)s
