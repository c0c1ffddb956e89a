-- Keep the status that each row had before the cycle, for join with report_row. The snapshot calls the row's own
-- status ConStatusFlag and that of its parent StatusFlag.
CREATE TEMPORARY TABLE report_before ON COMMIT DROP AS
SELECT "ID" AS row_id, "ConStatusFlag" AS status
FROM {conflict}.conflictvisitmaps_temp
