-- The rows of the chunk at work, by ID, and the visits that they name: to read them once more from the wide table
-- would cost a fifth of a chunk. Outlives the transaction that marks them, so that marking and updating
-- see the same rows; falls with the session.
CREATE TEMPORARY TABLE IF NOT EXISTS chunk_row (
    row_id numeric(38, 0) PRIMARY KEY,
    visit_id text,
    con_visit_id text
)
