-- Task 01, step 3, first half where the snapshot is brought up to date: takes out the rows that may be stale.
DELETE FROM {conflict}.conflictvisitmaps_temp WHERE "ID" IN (SELECT row_id FROM stale_row)
