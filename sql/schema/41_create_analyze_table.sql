-- Updates the statistics of a table for a worker that fills it and does not own it, for whom ANALYZE would skip it with
-- a warning. Runs with the rights of its owner, so it can analyze only the owner's tables.
CREATE OR REPLACE FUNCTION {conflict}.analyze_table(filled regclass) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS '
BEGIN
    EXECUTE format(''ANALYZE %%s'', filled);
END
'
