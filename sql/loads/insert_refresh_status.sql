-- Records that a load is complete, which makes a new cycle due. The time is later than that of every earlier row,
-- even if the clock was set back.
INSERT INTO {analytics}.factdatarefreshstatus ("MODULE", "STATUS", "REFRESH_FINISHED_AT")
SELECT
    'Conflict Report',
    'success',
    greatest(clock_timestamp()::timestamp, max("REFRESH_FINISHED_AT") + interval '1 microsecond')
FROM {analytics}.factdatarefreshstatus
WHERE "MODULE" = 'Conflict Report' AND "STATUS" = 'success'
RETURNING "REFRESH_FINISHED_AT" AS finished_at
