-- Count the boundaries of minutes between two visits, as the earlier system does, where that makes a difference.
-- Values: rows (how many at most).
UPDATE {conflict}.conflictvisitmaps
SET
    "MinuteDiffBetweenSch" = extract(
        epoch FROM date_trunc('minute', "ConVisitStartTime") - date_trunc('minute', "VisitEndTime")
    ) / 60
WHERE "ID" IN (
    SELECT "ID"
    FROM {conflict}.conflictvisitmaps
    WHERE "UpdateFlag" IS NULL
        AND mod("ID", 3) = 2
        AND "ConVisitStartTime" > "VisitEndTime"
        AND "MinuteDiffBetweenSch" <> extract(
            epoch FROM date_trunc('minute', "ConVisitStartTime") - date_trunc('minute', "VisitEndTime")
        ) / 60
    ORDER BY "ID"
    LIMIT %(rows)s
)
