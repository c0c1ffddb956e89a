-- Change the aide's name in the newest rows, which no known error explains. Values: rows (how many at most).
UPDATE {conflict}.conflictvisitmaps
SET "AideName" = upper("AideName")
WHERE "ID" IN (
    SELECT "ID" FROM {conflict}.conflictvisitmaps WHERE "UpdateFlag" IS NULL ORDER BY "ID" DESC LIMIT %(rows)s
)
