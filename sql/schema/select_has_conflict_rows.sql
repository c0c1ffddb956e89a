-- Whether the report has any row.
SELECT EXISTS (SELECT FROM {conflict}.conflictvisitmaps) AS has_rows
