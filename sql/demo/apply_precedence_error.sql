-- Update guarded rows, as the OR without parentheses of the earlier system does. Values: rows (how many at most).
UPDATE {conflict}.conflictvisitmaps
SET "UpdateFlag" = NULL, "StatusFlag" = 'U', "SameSchTimeFlag" = 'Y'
WHERE "ID" IN (
    SELECT cvm."ID"
    FROM {conflict}.conflictvisitmaps AS cvm
    WHERE {is_guarded}
        AND cvm."UpdateFlag" = 1
        AND cvm."StatusFlag" IN ('R', 'N', 'D')
        AND cvm."SameSchTimeFlag" = 'N'
    ORDER BY cvm."ID"
    LIMIT %(rows)s
)
