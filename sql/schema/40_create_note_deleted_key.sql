-- Called by the triggers that note keys; their argument names the key column. Runs with the rights of its owner, so
-- users who may delete from a table need no rights on conflict_deleted_key.
CREATE OR REPLACE FUNCTION {conflict}.note_deleted_key() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {conflict}, pg_temp
AS '
BEGIN
    INSERT INTO conflict_deleted_key (table_name, key)
    SELECT TG_TABLE_NAME, key
    FROM (SELECT to_jsonb(OLD) ->> TG_ARGV[0]) AS deleted (key)
    WHERE key IS NOT NULL;
    RETURN NULL;
END
'
