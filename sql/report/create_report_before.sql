-- The status that each row had itself before the update (there called ConStatusFlag), of the snapshot's wide rows only
-- that.
CREATE TEMPORARY TABLE report_before ON COMMIT DROP AS
SELECT "ID" AS row_id, "ConStatusFlag" AS status
FROM {conflict}.conflictvisitmaps_temp
