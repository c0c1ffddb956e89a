-- Create a narrow copy of the rows that the HTML report is about: every eligible row of the cycle, that is, with
-- a CONFLICTID, with a visit date in the cycle's window, and already there when the cycle was planned. A row is
-- detected if its UpdateFlag is NULL: it is a conflict. Names are reduced to whether one of them fills its
-- column and was therefore probably cut, because no other figure needs them.
-- Values: cycle_id, conflict_schema.
CREATE TEMPORARY TABLE report_row ON COMMIT DROP AS
WITH width AS MATERIALIZED (
    SELECT
        max(atttypmod - 4) FILTER (WHERE attname = 'AideName') AS aide,
        max(atttypmod - 4) FILTER (WHERE attname = 'ProviderName') AS provider,
        max(atttypmod - 4) FILTER (WHERE attname = 'Office') AS office,
        max(atttypmod - 4) FILTER (WHERE attname = 'Contract') AS contract,
        max(atttypmod - 4) FILTER (WHERE attname = 'P_PName') AS patient
    FROM pg_attribute
    WHERE attrelid = format('%%I.conflictvisitmaps', %(conflict_schema)s::text)::regclass AND atttypmod > 4
)

SELECT
    cvm."ID" AS row_id,
    cvm."CONFLICTID" AS conflict_id,
    cvm."UpdateFlag" IS NULL AS is_detected,
    num_nonnulls(
        cvm."InserviceStartDate", cvm."InserviceEndDate", cvm."PTOStartDate", cvm."PTOEndDate",
        cvm."ConInserviceStartDate", cvm."ConInserviceEndDate", cvm."ConPTOStartDate", cvm."ConPTOEndDate"
    ) > 0 AS is_guarded,
    cvm."StatusFlag" AS status,
    cvm."CreatedDate" AS created_at,
    cvm."ResolveDate" AS resolved_at,

    -- who, for whom, when
    cvm."VisitDate" AS visit_date,
    nullif(btrim(cvm."SSN", ' '), '') AS ssn,
    cvm."VisitID" AS visit_id,
    cvm."ConVisitID" AS con_visit_id,
    cvm."CaregiverID" AS caregiver_id,
    cvm."ConCaregiverID" AS con_caregiver_id,
    cvm."AideName" AS aide_name,
    cvm."ProviderID" AS provider_id,
    cvm."ConProviderID" AS con_provider_id,
    cvm."ProviderName" AS provider_name,
    cvm."ConProviderName" AS con_provider_name,
    coalesce(cvm."VisitStartTime", cvm."SchStartTime") AS starts_at,
    coalesce(cvm."ConVisitStartTime", cvm."ConSchStartTime") AS con_starts_at,

    -- who pays, and what
    cvm."Contract" AS payer,
    cvm."ConContract" AS con_payer,
    cvm."ContractType" AS contract_type,
    cvm."ConContractType" AS con_contract_type,
    cvm."PayerState" AS state,
    cvm."ConPayerState" AS con_state,
    cvm."TotalBilledAmount" AS amount,
    cvm."ConTotalBilledAmount" AS con_amount,

    -- the rules, and the way between both visits
    coalesce(cvm."SameSchTimeFlag" = 'Y', FALSE) AS same_sch_time,
    coalesce(cvm."SameVisitTimeFlag" = 'Y', FALSE) AS same_visit_time,
    coalesce(cvm."SchAndVisitTimeSameFlag" = 'Y', FALSE) AS sch_and_visit_time_same,
    coalesce(cvm."SchOverAnotherSchTimeFlag" = 'Y', FALSE) AS sch_over_another_sch_time,
    coalesce(cvm."VisitTimeOverAnotherVisitTimeFlag" = 'Y', FALSE) AS visit_time_over_another_visit_time,
    coalesce(cvm."SchTimeOverVisitTimeFlag" = 'Y', FALSE) AS sch_time_over_visit_time,
    coalesce(cvm."DistanceFlag" = 'Y', FALSE) AS distance,
    cvm."DistanceMilesFromLatLng" AS miles,
    cvm."AverageMilesPerHour" AS miles_per_hour,
    cvm."MinuteDiffBetweenSch" AS minutes,
    cvm."ETATravleMinutes" AS eta_minutes,

    -- data quality
    num_nonnulls(cvm."VisitStartTime", cvm."VisitEndTime") = 1 AS is_half_done,
    num_nonnulls(cvm."ConVisitStartTime", cvm."ConVisitEndTime") = 1 AS is_con_half_done,
    num_nonnulls(cvm."VisitStartTime", cvm."VisitEndTime") = 0
    AND num_nonnulls(cvm."SchStartTime", cvm."SchEndTime") < 2 AS is_timeless,
    num_nonnulls(cvm."ConVisitStartTime", cvm."ConVisitEndTime") = 0
    AND num_nonnulls(cvm."ConSchStartTime", cvm."ConSchEndTime") < 2 AS is_con_timeless,
    length(cvm."AideName") >= width.aide OR length(cvm."ConAideName") >= width.aide
    OR length(cvm."ProviderName") >= width.provider OR length(cvm."ConProviderName") >= width.provider
    OR length(cvm."Office") >= width.office OR length(cvm."ConOffice") >= width.office
    OR length(cvm."Contract") >= width.contract OR length(cvm."ConContract") >= width.contract
    OR length(cvm."P_PName") >= width.patient OR length(cvm."ConP_PName") >= width.patient
    OR length(cvm."PA_PName") >= width.patient OR length(cvm."ConPA_PName") >= width.patient AS has_cut_name
FROM {conflict}.conflict_cycle AS cycle
INNER JOIN {conflict}.conflictvisitmaps AS cvm
    ON cvm."VisitDate" BETWEEN cycle.window_start AND cycle.window_end AND cvm."ID" <= cycle.last_row_id
CROSS JOIN width
WHERE cycle.cycle_id = %(cycle_id)s AND cvm."CONFLICTID" IS NOT NULL
