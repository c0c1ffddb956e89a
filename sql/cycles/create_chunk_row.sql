-- The rows of the chunk, by ID, and the visits that they name, so that chunk steps do not read the wide table for them
-- again.
CREATE TEMPORARY TABLE chunk_row (
    row_id numeric(38, 0) PRIMARY KEY,
    visit_id text,
    con_visit_id text
) ON COMMIT DROP
