-- The privileges of a role on each table and view of the two schemas, on each sequence that a column of them takes its
-- default from (used_by: that table), on each function of the conflict schema, on each schema, and on the database. The
-- connected role where role is NULL.
-- Values: role, conflict_schema, analytics_schema.
WITH role AS (
    SELECT oid FROM pg_roles WHERE rolname = coalesce(%(role)s::name, current_user)
),
used_table AS (
    SELECT pg_class.oid, pg_class.relname, pg_class.relkind, pg_class.relowner, pg_namespace.nspname
    FROM pg_class
    INNER JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace
    WHERE pg_namespace.nspname IN (%(conflict_schema)s, %(analytics_schema)s)
        AND pg_class.relkind IN ('r', 'p', 'f', 'v', 'm')
),
used_sequence AS (
    SELECT DISTINCT
        pg_class.oid, pg_class.relname, pg_class.relowner, pg_namespace.nspname,
        used_table.nspname AS table_schema, used_table.relname AS table_name
    FROM used_table
    INNER JOIN pg_attrdef ON pg_attrdef.adrelid = used_table.oid
    INNER JOIN pg_depend
        ON pg_depend.classid = 'pg_attrdef'::regclass
        AND pg_depend.objid = pg_attrdef.oid
        AND pg_depend.refclassid = 'pg_class'::regclass
    INNER JOIN pg_class ON pg_class.oid = pg_depend.refobjid AND pg_class.relkind = 'S'
    INNER JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace
)

SELECT
    'TABLE' AS kind,
    used_table.nspname::text AS schema_name,
    used_table.relname::text AS name,
    NULL AS used_by_schema,
    NULL AS used_by,
    pg_has_role(role.oid, used_table.relowner, 'USAGE') AS is_owner,
    ARRAY(
        SELECT privilege
        FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS privilege
        WHERE has_table_privilege(role.oid, used_table.oid, privilege)
    ) AS held
FROM used_table
CROSS JOIN role
UNION ALL
SELECT
    'SEQUENCE',
    used_sequence.nspname::text,
    used_sequence.relname::text,
    used_sequence.table_schema::text,
    used_sequence.table_name::text,
    pg_has_role(role.oid, used_sequence.relowner, 'USAGE'),
    ARRAY(
        SELECT privilege
        FROM unnest(ARRAY['USAGE', 'UPDATE']) AS privilege
        WHERE has_sequence_privilege(role.oid, used_sequence.oid, privilege)
    )
FROM used_sequence
CROSS JOIN role
UNION ALL
SELECT
    'FUNCTION',
    pg_namespace.nspname::text,
    pg_proc.proname::text,
    NULL,
    NULL,
    pg_has_role(role.oid, pg_proc.proowner, 'USAGE'),
    ARRAY(SELECT 'EXECUTE' WHERE has_function_privilege(role.oid, pg_proc.oid, 'EXECUTE'))
FROM pg_proc
INNER JOIN pg_namespace ON pg_namespace.oid = pg_proc.pronamespace
CROSS JOIN role
WHERE pg_namespace.nspname = %(conflict_schema)s AND pg_proc.prokind = 'f'
UNION ALL
SELECT
    'SCHEMA',
    NULL,
    pg_namespace.nspname::text,
    NULL,
    NULL,
    FALSE,
    ARRAY(
        SELECT privilege
        FROM unnest(ARRAY['USAGE', 'CREATE']) AS privilege
        WHERE has_schema_privilege(role.oid, pg_namespace.oid, privilege)
    )
FROM pg_namespace
CROSS JOIN role
WHERE pg_namespace.nspname !~ '^pg_' AND pg_namespace.nspname <> 'information_schema'
UNION ALL
SELECT
    'DATABASE',
    NULL,
    pg_database.datname::text,
    NULL,
    NULL,
    FALSE,
    ARRAY(
        SELECT privilege
        FROM unnest(ARRAY['CONNECT', 'TEMPORARY', 'CREATE']) AS privilege
        WHERE has_database_privilege(role.oid, pg_database.oid, privilege)
    )
FROM pg_database
CROSS JOIN role
WHERE pg_database.datname = current_database()
