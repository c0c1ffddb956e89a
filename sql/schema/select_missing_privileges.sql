-- What the connected user may not do with the tables that exist, of those that the pipeline needs to do.
-- Values: tables (qualified and quoted), privileges: two arrays of one length.
SELECT needed.table_name, needed.privilege
FROM unnest(%(tables)s::text[], %(privileges)s::text[]) AS needed (table_name, privilege)
WHERE to_regclass(needed.table_name) IS NOT NULL
    AND NOT has_table_privilege(to_regclass(needed.table_name), needed.privilege)
