-- Task 01, step 3, first half: make room for the new snapshot. Not TRUNCATE: readers keep seeing the old rows,
-- and are not blocked, until the transaction that also inserts the new ones commits.
DELETE FROM {conflict}.conflictvisitmaps_temp
