-- Copy the rows of the window that have a parent, as they are before the update. same_columns and same_values are the
-- columns that the snapshot and the table share by name, except those written out here; condition (on cvm) is TRUE, or
-- selects the stale rows. Identifiers: same_columns, same_values, condition. Values: window_start, window_end.
INSERT INTO {conflict}.conflictvisitmaps_temp (
    "StatusFlag", "ConStatusFlag",
    "FlagForReview", "ConFlagForReview",
    "FlagForReviewDate", "ConFlagForReviewDate",
    "CreatedDate",
    {same_columns}
)
SELECT
    parent."StatusFlag", cvm."StatusFlag",
    parent."FlagForReview", cvm."FlagForReview",
    parent."FlagForReviewDate", cvm."FlagForReviewDate",
    localtimestamp,
    {same_values}
FROM {conflict}.conflictvisitmaps AS cvm
INNER JOIN {conflict}.conflicts AS parent ON parent."CONFLICTID" = cvm."CONFLICTID"
WHERE cvm."VisitDate" BETWEEN %(window_start)s AND %(window_end)s
    AND {condition}
