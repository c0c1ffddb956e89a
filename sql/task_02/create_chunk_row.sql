-- The rows of the chunk at work, by ID. Outlives the transaction that marks them, so that marking and updating
-- see the same rows; falls with the session.
CREATE TEMPORARY TABLE IF NOT EXISTS chunk_row (row_id numeric(38, 0) PRIMARY KEY)
