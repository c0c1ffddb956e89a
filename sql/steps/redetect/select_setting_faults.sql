-- What in settings and mph keeps impossible travel from being found. A usable factor or speed is a positive number; NaN
-- is neither below infinity nor a number. The two tables are as they are, or as the cycle was planned with.
-- Identifiers: settings, mph. Values: cycle_id, of a plan.
SELECT
    (SELECT count(*) FROM {settings} AS setting) AS settings,
    (
        SELECT count(*)
        FROM {settings} AS setting
        WHERE setting."ExtraDistancePer"::float8 > 0 AND setting."ExtraDistancePer"::float8 < 'infinity'
    ) AS factors,
    count(*) FILTER (WHERE band.has_speed IS NOT TRUE) AS bands_without_speed,
    count(*) FILTER (WHERE band.has_speed AND band.is_range) AS usable_bands
FROM (
    SELECT
        mph."AverageMilesPerHour"::float8 > 0 AND mph."AverageMilesPerHour"::float8 < 'infinity' AS has_speed,
        mph."From" <= mph."To" AND mph."From"::float8 < 'infinity' AS is_range
    FROM {mph} AS mph
) AS band
