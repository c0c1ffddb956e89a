-- The only row of settings, unless the table holds rows: distances count as they are.
INSERT INTO {conflict}.settings ("ExtraDistance", "ExtraDistancePer", "InProgressFlag")
SELECT 0, 1, 2
WHERE NOT EXISTS (SELECT FROM {conflict}.settings)
