-- The tables of the two schemas whose policies apply to the connected role. Values: conflict_schema, analytics_schema.
SELECT pg_namespace.nspname::text AS schema_name, pg_class.relname::text AS name
FROM pg_class
INNER JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace
WHERE pg_namespace.nspname IN (%(conflict_schema)s, %(analytics_schema)s)
    AND pg_class.relrowsecurity
    AND row_security_active(pg_class.oid)
ORDER BY 1, 2
