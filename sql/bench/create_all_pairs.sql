-- Join all visits of the window with all visits of the window, by visit date and SSN, for different providers. The
-- pairs that conflictvisitmaps has take the place of a chunk's rows.
-- Values: window_start, window_end.
CREATE TEMPORARY TABLE chunk_row ON COMMIT DROP AS
SELECT cvm."ID" AS row_id, p."VisitID" AS visit_id, c."VisitID" AS con_visit_id
FROM visit AS p
INNER JOIN visit AS c
    ON c."VisitDate" = p."VisitDate" AND c."SSN" = p."SSN" AND c."ProviderID" <> p."ProviderID"
INNER JOIN {conflict}.conflictvisitmaps AS cvm
    ON cvm."VisitID" = p."VisitID" AND cvm."ConVisitID" = c."VisitID"
WHERE cvm."CONFLICTID" IS NOT NULL AND cvm."VisitDate" BETWEEN %(window_start)s AND %(window_end)s
