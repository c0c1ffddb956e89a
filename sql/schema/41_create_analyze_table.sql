-- Statistics of a table of the owner's, for a worker that fills it and does not own it: Postgres would skip the table and
-- only warn. With the rights of its owner, so it can analyze tables of that one alone.
CREATE OR REPLACE FUNCTION {conflict}.analyze_table(filled regclass) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS '
BEGIN
    EXECUTE format(''ANALYZE %%s'', filled);
END
'
