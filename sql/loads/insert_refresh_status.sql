-- Records that a load is complete, which makes a new cycle due.
INSERT INTO {analytics}.factdatarefreshstatus ("MODULE", "STATUS", "REFRESH_FINISHED_AT")
VALUES ('Conflict Report', 'success', clock_timestamp()::timestamp)
RETURNING "REFRESH_FINISHED_AT" AS finished_at
