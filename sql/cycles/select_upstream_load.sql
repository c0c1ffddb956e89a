-- The newest upstream load that makes a cycle due; NULL before any.
SELECT max("REFRESH_FINISHED_AT") AS finished_at
FROM {analytics}.factdatarefreshstatus
WHERE "MODULE" = 'Conflict Report' AND "STATUS" = 'success'
