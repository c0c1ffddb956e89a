-- Create an empty table with these columns of conflictvisitmaps, for the new values of a bare update.
-- Identifiers: columns.
CREATE UNLOGGED TABLE {conflict}.bench_ready AS
SELECT {columns} FROM {conflict}.conflictvisitmaps WITH NO DATA
