-- Speed bands that leave a gap to the previous band (or to 0), overlap it, or are not a usable range. Bands include both
-- ends and distances have decimals, so two bands meet without a gap only where one begins at the end of the other.
-- Values: cycle_id.
SELECT
    count(*) FILTER (WHERE "From" > coalesce(previous_to, 0)) AS gaps,
    count(*) FILTER (WHERE "From" < previous_to) AS overlaps,
    count(*) FILTER (WHERE ("From" <= "To") IS NOT TRUE OR coalesce("AverageMilesPerHour", 0) <= 0) AS unusable,
    count(*) AS bands
FROM (
    SELECT
        "From", "To", "AverageMilesPerHour",
        max("To") OVER (ORDER BY "From", "ID" ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS previous_to
    FROM {planned_mph} AS mph
) AS band
