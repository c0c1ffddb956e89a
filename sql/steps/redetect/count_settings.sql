-- The number of rows in settings; the rules need exactly one.
SELECT count(*) AS rows FROM {conflict}.settings
