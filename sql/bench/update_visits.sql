-- Let one visit in a hundred, always the same ones, end a minute later. The time of the change is recorded, as every
-- writer of visits must do.
UPDATE {analytics}.factvisitcallperformance_cr
SET
    "Scheduled End Time" = "Scheduled End Time" + interval '1 minute',
    "Visit End Time" = "Visit End Time" + interval '1 minute',
    "Updated Datatimestamp" = now()
WHERE mod(hashtext("Visit Id"), 100) = 0
