-- Whether the conflict table holds any row.
SELECT EXISTS (SELECT FROM {conflict}.conflictvisitmaps) AS has_rows
