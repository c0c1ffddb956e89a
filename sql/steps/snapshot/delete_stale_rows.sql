-- Delete the rows of the snapshot that may be stale.
DELETE FROM {conflict}.conflictvisitmaps_temp WHERE "ID" IN (SELECT row_id FROM stale_row)
