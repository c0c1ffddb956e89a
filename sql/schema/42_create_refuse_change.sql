-- Called by the triggers that keep rows on which incremental cycles rely.
CREATE OR REPLACE FUNCTION {conflict}.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS '
BEGIN
    RAISE EXCEPTION ''%% of %% is refused: incremental cycles rely on its rows. TRUNCATE it, and the next cycle is a full one.'',
        TG_OP, TG_TABLE_NAME;
END
'
