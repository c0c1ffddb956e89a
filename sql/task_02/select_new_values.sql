-- The re-detected rows of the chunk, but those under in-service or PTO, with the values that the update gives them,
-- each named after its column. The visit values are p."X" AS "X" and c."X" AS "ConX", see select_assignments.sql.
-- Identifiers: visit_values.
SELECT
    cvm."ID" AS row_id,
    {visit_values},

    p.primary_latitude::text AS "PLatitude",
    p.primary_longitude::text AS "PLongitude",
    c.conflicting_latitude::text AS "ConPLatitude",
    c.conflicting_longitude::text AS "ConPLongitude",
    pair.minutes_between AS "MinuteDiffBetweenSch",
    pair.miles AS "DistanceMilesFromLatLng",
    pair.miles_per_hour AS "AverageMilesPerHour",
    pair.eta_minutes AS "ETATravleMinutes",

    -- a rule's column changes only from N
    CASE
        WHEN cvm."SameSchTimeFlag" = 'N' AND pair."SameSchTimeFlag" THEN 'Y' ELSE cvm."SameSchTimeFlag"
    END AS "SameSchTimeFlag",
    CASE
        WHEN cvm."SameVisitTimeFlag" = 'N' AND pair."SameVisitTimeFlag" THEN 'Y' ELSE cvm."SameVisitTimeFlag"
    END AS "SameVisitTimeFlag",
    CASE
        WHEN cvm."SchAndVisitTimeSameFlag" = 'N' AND pair."SchAndVisitTimeSameFlag" THEN 'Y'
        ELSE cvm."SchAndVisitTimeSameFlag"
    END AS "SchAndVisitTimeSameFlag",
    CASE
        WHEN cvm."SchOverAnotherSchTimeFlag" = 'N' AND pair."SchOverAnotherSchTimeFlag" THEN 'Y'
        ELSE cvm."SchOverAnotherSchTimeFlag"
    END AS "SchOverAnotherSchTimeFlag",
    CASE
        WHEN cvm."VisitTimeOverAnotherVisitTimeFlag" = 'N' AND pair."VisitTimeOverAnotherVisitTimeFlag" THEN 'Y'
        ELSE cvm."VisitTimeOverAnotherVisitTimeFlag"
    END AS "VisitTimeOverAnotherVisitTimeFlag",
    CASE
        WHEN cvm."SchTimeOverVisitTimeFlag" = 'N' AND pair."SchTimeOverVisitTimeFlag" THEN 'Y'
        ELSE cvm."SchTimeOverVisitTimeFlag"
    END AS "SchTimeOverVisitTimeFlag",
    CASE
        WHEN cvm."DistanceFlag" = 'N' AND pair."DistanceFlag" THEN 'Y' ELSE cvm."DistanceFlag"
    END AS "DistanceFlag",

    CASE
        WHEN cvm."StatusFlag" NOT IN ('W', 'I') THEN 'U' ELSE cvm."StatusFlag"
    END AS "StatusFlag",
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
INNER JOIN {conflict}.conflictvisitmaps AS cvm ON cvm."ID" = pair.row_id
WHERE num_nonnulls(
    cvm."InserviceStartDate", cvm."InserviceEndDate", cvm."PTOStartDate", cvm."PTOEndDate",
    cvm."ConInserviceStartDate", cvm."ConInserviceEndDate", cvm."ConPTOStartDate", cvm."ConPTOEndDate"
) = 0
