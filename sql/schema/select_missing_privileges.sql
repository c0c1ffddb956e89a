-- What the connected user may not do with the tables that exist, of those that the pipeline needs to do; and where it
-- inserts rows, with the sequences that their columns take their defaults from.
-- Values: tables (qualified and quoted), privileges: two arrays of one length.
WITH needed AS (
    SELECT wanted.table_name, to_regclass(wanted.table_name) AS relation, wanted.privilege
    FROM unnest(%(tables)s::text[], %(privileges)s::text[]) AS wanted (table_name, privilege)
    WHERE to_regclass(wanted.table_name) IS NOT NULL
)

SELECT needed.table_name, needed.privilege
FROM needed
WHERE NOT has_table_privilege(needed.relation, needed.privilege)
UNION
SELECT format('SEQUENCE %%s', pg_class.oid::regclass), 'USAGE'
FROM needed
INNER JOIN pg_attrdef ON pg_attrdef.adrelid = needed.relation
INNER JOIN pg_depend
    ON pg_depend.classid = 'pg_attrdef'::regclass
    AND pg_depend.objid = pg_attrdef.oid
    AND pg_depend.refclassid = 'pg_class'::regclass
INNER JOIN pg_class ON pg_class.oid = pg_depend.refobjid
WHERE needed.privilege = 'INSERT'
    -- CASE, because nothing else keeps the function from tables
    AND CASE WHEN pg_class.relkind = 'S' THEN NOT has_sequence_privilege(pg_class.oid, 'USAGE') ELSE FALSE END
ORDER BY table_name, privilege
