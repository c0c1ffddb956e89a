-- The speed bands by which the time for a distance is reckoned: minutes = miles / speed x 60. A band without a speed,
-- and a distance in no band, have no such time: no travel is impossible there.
SELECT
    "From"::float8 AS from_miles,
    "To"::float8 AS to_miles,
    nullif("AverageMilesPerHour", 0)::float8 AS miles_per_hour
FROM {conflict}.mph
WHERE "From" <= "To"
ORDER BY "From", "ID"
