-- The re-detected rows of the chunk with the values that the update assigns regardless of the present ones, each named
-- after its column. The visit values are p."X" AS "X" and c."X" AS "ConX", see select_assignments.sql.
-- Identifiers: visit_values.
SELECT
    pair.row_id,
    {visit_values},

    p.primary_latitude::text AS "PLatitude",
    p.primary_longitude::text AS "PLongitude",
    c.conflicting_latitude::text AS "ConPLatitude",
    c.conflicting_longitude::text AS "ConPLongitude",
    pair.minutes_between AS "MinuteDiffBetweenSch",
    pair.miles AS "DistanceMilesFromLatLng",
    pair.miles_per_hour AS "AverageMilesPerHour",
    pair.eta_minutes AS "ETATravleMinutes",

    NULL AS "ResolveDate",
    NULL AS "UpdateFlag",
    localtimestamp AS "UpdatedDate",

    -- the plain patient is empty: only the provider's (P_) and the payer's (PA_) are known
    NULL AS "PAdmissionID", NULL AS "ConPAdmissionID",
    NULL AS "PName", NULL AS "ConPName",
    NULL AS "PFName", NULL AS "ConPFName",
    NULL AS "PLName", NULL AS "ConPLName",
    NULL AS "PMedicaidNumber", NULL AS "ConPMedicaidNumber",
    NULL AS "PStatus", NULL AS "ConPStatus",
    NULL AS "PAddressID", NULL AS "ConPAddressID",
    NULL AS "PAppAddressID", NULL AS "ConPAppAddressID",
    NULL AS "PAddressL1", NULL AS "ConPAddressL1",
    NULL AS "PAddressL2", NULL AS "ConPAddressL2",
    NULL AS "PCity", NULL AS "ConPCity",
    NULL AS "PAddressState", NULL AS "ConPAddressState",
    NULL AS "PZipCode", NULL AS "ConPZipCode",
    NULL AS "PCounty", NULL AS "ConPCounty"
FROM pair
INNER JOIN visit AS p ON p."VisitID" = pair.visit_id
INNER JOIN visit AS c ON c."VisitID" = pair.con_visit_id
