-- Delete the old snapshot. Not with TRUNCATE, so that readers are not blocked and see the old rows until the transaction
-- that also inserts the new ones commits.
DELETE FROM {conflict}.conflictvisitmaps_temp
