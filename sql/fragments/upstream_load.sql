-- The upstream loads that make a cycle due. Their rows have no key: a load is known by its end, and loads with the same end
-- by a number from 1, because a clock can be set back.
(
    SELECT
        "REFRESH_FINISHED_AT" AS finished_at,
        row_number() OVER (PARTITION BY "REFRESH_FINISHED_AT") AS number
    FROM {analytics}.factdatarefreshstatus
    WHERE "MODULE" = 'Conflict Report' AND "STATUS" = 'success' AND "REFRESH_FINISHED_AT" IS NOT NULL
)
