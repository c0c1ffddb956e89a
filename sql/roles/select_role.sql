-- The attributes of the connected role: what it may do without grants. BYPASSRLS counts only where no table of the two
-- schemas has policies. Values: conflict_schema, analytics_schema.
SELECT
    rolsuper AS is_superuser,
    array_remove(
        ARRAY[
            CASE WHEN rolcreaterole THEN 'CREATEROLE' END,
            CASE WHEN rolcreatedb THEN 'CREATEDB' END,
            CASE WHEN rolreplication THEN 'REPLICATION' END,
            CASE WHEN rolbypassrls AND NOT EXISTS (
                SELECT
                FROM pg_class
                INNER JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace
                WHERE pg_namespace.nspname IN (%(conflict_schema)s, %(analytics_schema)s) AND pg_class.relrowsecurity
            ) THEN 'BYPASSRLS' END
        ],
        NULL
    ) AS attributes
FROM pg_roles
WHERE rolname = current_user
