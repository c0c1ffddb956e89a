-- Called by the triggers that note keys. Their arguments: the table's name in tables.csv, which a partition does not have
-- and a renamed table has lost; the key column; "all" to note each key, "removed" to note those that are no longer
-- there. Runs with the rights of its owner, so writers need no rights on conflict_changed_key. Writes into the schema
-- that holds it, whatever that is called when it runs.
CREATE OR REPLACE FUNCTION {conflict}.note_changed_keys() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS '
DECLARE
    is_row CONSTANT boolean := TG_LEVEL = ''ROW'';
    old_keys CONSTANT text := format(
        CASE WHEN is_row THEN ''SELECT ($1).%%I::text'' ELSE ''SELECT %%I::text FROM old_rows'' END, TG_ARGV[1]
    );
    new_keys CONSTANT text := format(
        CASE WHEN is_row THEN ''SELECT ($2).%%I::text'' ELSE ''SELECT %%I::text FROM new_rows'' END, TG_ARGV[1]
    );
    own_schema text;
BEGIN
    SELECT pg_namespace.nspname INTO STRICT own_schema
    FROM pg_trigger
    INNER JOIN pg_proc ON pg_proc.oid = pg_trigger.tgfoid
    INNER JOIN pg_namespace ON pg_namespace.oid = pg_proc.pronamespace
    WHERE pg_trigger.tgrelid = TG_RELID AND pg_trigger.tgname = TG_NAME;
    EXECUTE format(''INSERT INTO %%I.conflict_changed_key (table_name, key)'', own_schema)
        || '' SELECT $3, key FROM (''
        || CASE TG_OP
            WHEN ''DELETE'' THEN old_keys
            WHEN ''INSERT'' THEN new_keys
            ELSE old_keys || CASE TG_ARGV[2] WHEN ''all'' THEN '' UNION '' ELSE '' EXCEPT '' END || new_keys
        END
        || '') AS changed (key) WHERE key IS NOT NULL''
        USING OLD, NEW, TG_ARGV[0];
    RETURN NULL;
END
'
