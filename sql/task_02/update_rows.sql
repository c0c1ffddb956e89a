-- Write the re-detected rows, but those under in-service or PTO; record rows that leave the chunk's key range.
-- The assignments are "X" = p."X" and "ConX" = c."X", see select_assignments.sql. One row of counts comes back.
-- Identifiers: assignments. Values: cycle_id, chunk_id, from_date, from_ssn, to_date, to_ssn.
WITH updated AS (
    UPDATE {conflict}.conflictvisitmaps AS cvm
    SET
        {assignments},

        "PLatitude" = p.primary_latitude::text,
        "PLongitude" = p.primary_longitude::text,
        "ConPLatitude" = c.conflicting_latitude::text,
        "ConPLongitude" = c.conflicting_longitude::text,
        "MinuteDiffBetweenSch" = pair.minutes_between,
        "DistanceMilesFromLatLng" = pair.miles,
        "AverageMilesPerHour" = pair.miles_per_hour,
        "ETATravleMinutes" = pair.eta_minutes,

        -- a rule's column changes only from N
        "SameSchTimeFlag" = CASE
            WHEN cvm."SameSchTimeFlag" = 'N' AND pair."SameSchTimeFlag" THEN 'Y' ELSE cvm."SameSchTimeFlag"
        END,
        "SameVisitTimeFlag" = CASE
            WHEN cvm."SameVisitTimeFlag" = 'N' AND pair."SameVisitTimeFlag" THEN 'Y' ELSE cvm."SameVisitTimeFlag"
        END,
        "SchAndVisitTimeSameFlag" = CASE
            WHEN cvm."SchAndVisitTimeSameFlag" = 'N' AND pair."SchAndVisitTimeSameFlag" THEN 'Y'
            ELSE cvm."SchAndVisitTimeSameFlag"
        END,
        "SchOverAnotherSchTimeFlag" = CASE
            WHEN cvm."SchOverAnotherSchTimeFlag" = 'N' AND pair."SchOverAnotherSchTimeFlag" THEN 'Y'
            ELSE cvm."SchOverAnotherSchTimeFlag"
        END,
        "VisitTimeOverAnotherVisitTimeFlag" = CASE
            WHEN cvm."VisitTimeOverAnotherVisitTimeFlag" = 'N' AND pair."VisitTimeOverAnotherVisitTimeFlag" THEN 'Y'
            ELSE cvm."VisitTimeOverAnotherVisitTimeFlag"
        END,
        "SchTimeOverVisitTimeFlag" = CASE
            WHEN cvm."SchTimeOverVisitTimeFlag" = 'N' AND pair."SchTimeOverVisitTimeFlag" THEN 'Y'
            ELSE cvm."SchTimeOverVisitTimeFlag"
        END,
        "DistanceFlag" = CASE
            WHEN cvm."DistanceFlag" = 'N' AND pair."DistanceFlag" THEN 'Y' ELSE cvm."DistanceFlag"
        END,

        "StatusFlag" = CASE
            WHEN cvm."StatusFlag" NOT IN ('W', 'I') THEN 'U' ELSE cvm."StatusFlag"
        END,
        "ResolveDate" = NULL,
        "UpdateFlag" = NULL,
        "UpdatedDate" = localtimestamp,

        -- the plain patient is empty: only the provider's (P_) and the payer's (PA_) are known
        "PAdmissionID" = NULL, "ConPAdmissionID" = NULL,
        "PName" = NULL, "ConPName" = NULL,
        "PFName" = NULL, "ConPFName" = NULL,
        "PLName" = NULL, "ConPLName" = NULL,
        "PMedicaidNumber" = NULL, "ConPMedicaidNumber" = NULL,
        "PStatus" = NULL, "ConPStatus" = NULL,
        "PAddressID" = NULL, "ConPAddressID" = NULL,
        "PAppAddressID" = NULL, "ConPAppAddressID" = NULL,
        "PAddressL1" = NULL, "ConPAddressL1" = NULL,
        "PAddressL2" = NULL, "ConPAddressL2" = NULL,
        "PCity" = NULL, "ConPCity" = NULL,
        "PAddressState" = NULL, "ConPAddressState" = NULL,
        "PZipCode" = NULL, "ConPZipCode" = NULL,
        "PCounty" = NULL, "ConPCounty" = NULL
    FROM pair
    INNER JOIN visit AS p ON p."VisitID" = pair.visit_id
    INNER JOIN visit AS c ON c."VisitID" = pair.con_visit_id
    WHERE cvm."ID" = pair.row_id
        AND num_nonnulls(
            cvm."InserviceStartDate", cvm."InserviceEndDate", cvm."PTOStartDate", cvm."PTOEndDate",
            cvm."ConInserviceStartDate", cvm."ConInserviceEndDate", cvm."ConPTOStartDate", cvm."ConPTOEndDate"
        ) = 0
    RETURNING
        cvm."ID" AS row_id,
        (cvm."VisitDate", coalesce(cvm."SSN", '') COLLATE "C") >= (%(from_date)s::date, %(from_ssn)s::text)
        AND (cvm."VisitDate", coalesce(cvm."SSN", '') COLLATE "C") < (%(to_date)s::date, %(to_ssn)s::text)
            AS in_range,
        pair."SameSchTimeFlag", pair."SameVisitTimeFlag", pair."SchAndVisitTimeSameFlag",
        pair."SchOverAnotherSchTimeFlag", pair."VisitTimeOverAnotherVisitTimeFlag",
        pair."SchTimeOverVisitTimeFlag", pair."DistanceFlag"
),

moved AS (
    INSERT INTO {conflict}.conflict_moved_row (cycle_id, row_id, chunk_id)
    SELECT %(cycle_id)s, updated.row_id, %(chunk_id)s FROM updated WHERE NOT updated.in_range
    ON CONFLICT DO NOTHING
)

SELECT
    count(*) AS redetected,
    jsonb_build_object(
        'SameSchTimeFlag', count(*) FILTER (WHERE "SameSchTimeFlag"),
        'SameVisitTimeFlag', count(*) FILTER (WHERE "SameVisitTimeFlag"),
        'SchAndVisitTimeSameFlag', count(*) FILTER (WHERE "SchAndVisitTimeSameFlag"),
        'SchOverAnotherSchTimeFlag', count(*) FILTER (WHERE "SchOverAnotherSchTimeFlag"),
        'VisitTimeOverAnotherVisitTimeFlag', count(*) FILTER (WHERE "VisitTimeOverAnotherVisitTimeFlag"),
        'SchTimeOverVisitTimeFlag', count(*) FILTER (WHERE "SchTimeOverVisitTimeFlag"),
        'DistanceFlag', count(*) FILTER (WHERE "DistanceFlag")
    ) AS redetected_by_rule,
    (
        SELECT count(*)
        FROM chunk_row
        INNER JOIN {conflict}.conflictvisitmaps AS cvm ON cvm."ID" = chunk_row.row_id
        WHERE num_nonnulls(
            cvm."InserviceStartDate", cvm."InserviceEndDate", cvm."PTOStartDate", cvm."PTOEndDate",
            cvm."ConInserviceStartDate", cvm."ConInserviceEndDate", cvm."ConPTOStartDate", cvm."ConPTOEndDate"
        ) > 0
    ) AS guarded,
    (SELECT coalesce(sum(bad_gps), 0) FROM visit) AS bad_gps
FROM updated
