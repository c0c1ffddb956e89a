-- The attributes of the connected role: what it may do without grants.
SELECT
    rolsuper AS is_superuser,
    array_remove(
        ARRAY[
            CASE WHEN rolcreaterole THEN 'CREATEROLE' END,
            CASE WHEN rolcreatedb THEN 'CREATEDB' END,
            CASE WHEN rolreplication THEN 'REPLICATION' END,
            CASE WHEN rolbypassrls THEN 'BYPASSRLS' END
        ],
        NULL
    ) AS attributes
FROM pg_roles
WHERE rolname = current_user
