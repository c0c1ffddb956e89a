-- Speed bands in miles and miles per hour, unless the table holds rows. Each band begins where the previous one ends;
-- the last one ends beyond the longest distance on earth (12,450 miles), also where settings lengthen distances.
INSERT INTO {conflict}.mph ("TYPE", "From", "To", "AverageMilesPerHour")
SELECT 'Drive', lag(up_to, 1, 0) OVER (ORDER BY up_to), up_to, miles_per_hour
FROM (VALUES (5, 15), (10, 25), (25, 30), (50, 45), (100, 55), (25000, 60)) AS band (up_to, miles_per_hour)
WHERE NOT EXISTS (SELECT FROM {conflict}.mph)
ORDER BY up_to
