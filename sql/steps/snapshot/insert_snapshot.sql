-- Copy the rows of the window that have a parent, as they are before the update. same_columns are the columns that the
-- snapshot and the table share by name, except those written out here; columns are all of them, and new_values the same cast
-- to the types that they have in the snapshot; condition (on cvm) is TRUE, or selects the stale rows.
-- Identifiers: columns, new_values, same_columns, condition. Values: window_start, window_end.
INSERT INTO {conflict}.conflictvisitmaps_temp ({columns})
SELECT {new_values}
FROM (
    SELECT
        parent."StatusFlag", cvm."StatusFlag" AS "ConStatusFlag",
        parent."FlagForReview", cvm."FlagForReview" AS "ConFlagForReview",
        parent."FlagForReviewDate", cvm."FlagForReviewDate" AS "ConFlagForReviewDate",
        localtimestamp AS "CreatedDate",
        {same_columns}
    FROM {conflict}.conflictvisitmaps AS cvm
    INNER JOIN {conflict}.conflicts AS parent ON parent."CONFLICTID" = cvm."CONFLICTID"
    WHERE cvm."VisitDate" BETWEEN %(window_start)s AND %(window_end)s
        AND {condition}
) AS new_value
