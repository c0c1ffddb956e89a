-- Remove the place of the primary visit and what follows from it, as the earlier system does with GPS texts.
-- Values: rows (how many at most).
UPDATE {conflict}.conflictvisitmaps
SET
    "PLatitude" = NULL,
    "PLongitude" = NULL,
    "DistanceMilesFromLatLng" = NULL,
    "AverageMilesPerHour" = NULL,
    "ETATravleMinutes" = NULL
WHERE "ID" IN (
    SELECT "ID"
    FROM {conflict}.conflictvisitmaps
    WHERE "UpdateFlag" IS NULL AND mod("ID", 3) = 0 AND "DistanceMilesFromLatLng" IS NOT NULL
    ORDER BY "ID"
    LIMIT %(rows)s
)
