-- Task 01, step 3, second half: the rows of the window that have a parent, as they are before the update.
-- Identifiers: same_columns, same_values: the columns that the snapshot and the table have in common by name,
-- all but those written out here; condition (on cvm): TRUE, or that the row was stale.
-- Values: window_start, window_end.
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
