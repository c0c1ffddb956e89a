-- The rows of the chunk at work.
SELECT row_id FROM chunk_row ORDER BY row_id
