-- Change one visit in a hundred, always the same ones: they end a minute later. As everybody who changes a visit must,
-- this notes when.
UPDATE {analytics}.factvisitcallperformance_cr
SET
    "Scheduled End Time" = "Scheduled End Time" + interval '1 minute',
    "Visit End Time" = "Visit End Time" + interval '1 minute',
    "Updated Datatimestamp" = now()
WHERE mod(hashtext("Visit Id"), 100) = 0
