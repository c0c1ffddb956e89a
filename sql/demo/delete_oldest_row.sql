-- Delete the row with the lowest ID, so that only the other system has it.
DELETE FROM {conflict}.conflictvisitmaps
WHERE "ID" = (SELECT min("ID") FROM {conflict}.conflictvisitmaps)
