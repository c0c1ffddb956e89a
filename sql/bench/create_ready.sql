-- A table for the rows that the update has written elsewhere: the same columns and types, no row.
-- Identifiers: columns.
CREATE UNLOGGED TABLE {conflict}.bench_ready AS
SELECT {columns} FROM {conflict}.conflictvisitmaps WITH NO DATA
