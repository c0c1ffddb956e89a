-- Compute travel times from whole miles, as the earlier system does, where that makes a difference.
-- Values: rows (how many at most).
UPDATE {conflict}.conflictvisitmaps
SET "ETATravleMinutes" = round(round("DistanceMilesFromLatLng") * 60 / "AverageMilesPerHour")
WHERE "ID" IN (
    SELECT "ID"
    FROM {conflict}.conflictvisitmaps
    WHERE "UpdateFlag" IS NULL
        AND mod("ID", 3) = 1
        AND "AverageMilesPerHour" > 0
        AND round(round("DistanceMilesFromLatLng") * 60 / "AverageMilesPerHour") <> "ETATravleMinutes"
    ORDER BY "ID"
    LIMIT %(rows)s
)
