-- Task 02 needs exactly one row of settings.
SELECT count(*) AS rows FROM {conflict}.settings
