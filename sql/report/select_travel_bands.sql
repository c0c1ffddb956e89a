-- The speed bands that determine the travel time for a distance: minutes = miles / speed x 60. There is no
-- travel time for a band without a speed or a distance outside all bands, and therefore no impossible travel.
SELECT
    "From"::float8 AS from_miles,
    "To"::float8 AS to_miles,
    nullif("AverageMilesPerHour", 0)::float8 AS miles_per_hour
FROM {conflict}.mph
WHERE "From" <= "To"
ORDER BY "From", "ID"
