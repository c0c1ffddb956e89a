-- The visits that the rows of the chunk refer to, each once, with all values that the update copies from it.
-- A column in mixed case is named after the target column that it fills: "X" on the primary side, "ConX" on the
-- conflicting side. Columns in lower case are only for the rules and the coordinates.
-- Values: cycle_id, window_start, window_end.
CREATE TEMPORARY TABLE visit ON COMMIT DROP AS
WITH wanted AS (
    SELECT visit_id FROM chunk_row
    UNION
    SELECT con_visit_id FROM chunk_row
),

-- OFFSET 0, here and below: computed once, not at each use. Not in lateral subqueries, because Postgres would cache their
-- results by text, which costs more than it saves.
reported AS (
    SELECT
        fact.*,
        -- A time that is infinite or outside the years 1 to 9999 is none.
        CASE WHEN fact."Scheduled Start Time" BETWEEN '0001-01-01' AND '9999-12-31 23:59:59.999999'
            THEN fact."Scheduled Start Time" END::timestamp AS scheduled_start,
        CASE WHEN fact."Scheduled End Time" BETWEEN '0001-01-01' AND '9999-12-31 23:59:59.999999'
            THEN fact."Scheduled End Time" END::timestamp AS scheduled_end,
        CASE WHEN fact."Visit Start Time" BETWEEN '0001-01-01' AND '9999-12-31 23:59:59.999999'
            THEN fact."Visit Start Time" END AS visit_start,
        CASE WHEN fact."Visit End Time" BETWEEN '0001-01-01' AND '9999-12-31 23:59:59.999999'
            THEN fact."Visit End Time" END AS visit_end,
        CASE WHEN fact."Call In Time" BETWEEN '0001-01-01' AND '9999-12-31 23:59:59.999999'
            THEN fact."Call In Time" END AS call_in_time,
        CASE WHEN fact."Call Out Time" BETWEEN '0001-01-01' AND '9999-12-31 23:59:59.999999'
            THEN fact."Call Out Time" END AS call_out_time,
        CASE WHEN fact."Visit Updated Timestamp" BETWEEN '0001-01-01' AND '9999-12-31 23:59:59.999999'
            THEN fact."Visit Updated Timestamp" END::timestamp AS visit_updated,
        CASE WHEN fact."Invoice Date" BETWEEN '0001-01-01' AND '9999-12-31 23:59:59.999999'
            THEN fact."Invoice Date" END::timestamp AS invoice_date,
        replace(fact."Call In GPS Coordinates", '"', '') AS call_in_text,
        replace(fact."Call Out GPS Coordinates", '"', '') AS call_out_text,
        '^[ \t\n\r\f\v]*[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{{1,2}})?[ \t\n\r\f\v]*'
        ',[ \t\n\r\f\v]*[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{{1,2}})?[ \t\n\r\f\v]*$' AS pattern
    FROM wanted
    INNER JOIN {analytics}.factvisitcallperformance_cr AS fact ON fact."Visit Id" = wanted.visit_id
    WHERE fact."Visit Date" BETWEEN %(window_start)s AND %(window_end)s
    OFFSET 0
),

-- Two numbers, as in 40.7128,-74.0060. At most 100 characters: then no number can be too long to convert.
-- Extracting the numbers from the match itself takes three times as long.
numbered AS (
    SELECT
        reported.*,
        CASE WHEN length(call_in_text) <= 100 AND call_in_text ~ pattern THEN call_in_text::point END
            AS call_in_numbers,
        CASE WHEN length(call_out_text) <= 100 AND call_out_text ~ pattern THEN call_out_text::point END
            AS call_out_numbers
    FROM reported
    OFFSET 0
),

located AS MATERIALIZED (
    SELECT
        fact.*,
        CASE WHEN abs(call_in_numbers[0]) <= 90 AND abs(call_in_numbers[1]) <= 180 THEN call_in_numbers END AS call_in,
        CASE WHEN abs(call_out_numbers[0]) <= 90 AND abs(call_out_numbers[1]) <= 180 THEN call_out_numbers END
            AS call_out,
        nullif(btrim(caregiver."SSN", ' '), '') AS ssn,
        caregiver."Caregiver Code",
        caregiver."Caregiver Fullname",
        caregiver."Caregiver Firstname",
        caregiver."Caregiver Lastname",
        caregiver."Status" AS caregiver_status,
        provider."Provider Name",
        provider."Federal Tax Number"
    FROM numbered AS fact
    INNER JOIN {analytics}.dimcaregiver AS caregiver ON caregiver."Caregiver Id" = fact."Caregiver Id"
    INNER JOIN {analytics}.dimprovider AS provider ON provider."Provider Id" = fact."Provider Id"
    WHERE btrim(caregiver."SSN", ' ') <> ''
        AND provider."Is Active"
        AND NOT provider."Is Demo"
        -- Not as anti-joins, from which the planner would expect a single visit.
        AND (fact."Provider Id" IN (SELECT "ProviderID" FROM {planned_excluded_agency} AS agency)) IS NOT TRUE
        AND (btrim(caregiver."SSN", ' ') IN (SELECT btrim("SSN", ' ') FROM {planned_excluded_ssn} AS ssn)) IS NOT TRUE
),

patient_id AS (
    SELECT "Provider Patient Id" AS patient_id FROM located
    UNION
    SELECT "Payer Patient Id" FROM located
),

-- Read once for both roles, each with the newest of the GPS addresses.
patient AS MATERIALIZED (
    SELECT DISTINCT ON (patient_id.patient_id COLLATE "C")
        patient_id.patient_id,
        person."Admission Id",
        person."Patient Name",
        person."Patient Firstname",
        person."Patient Lastname",
        person."Medicaid Number",
        address."Patient Address Id",
        address."Application Patient Address Id",
        address."Address Line 1",
        address."Address Line 2",
        address."City",
        address."Address State",
        address."Zip Code",
        address."County",
        CASE WHEN abs("Latitude") > 90 OR abs("Longitude") > 180 THEN NULL ELSE "Latitude"::float8 END AS latitude,
        CASE WHEN abs("Latitude") > 90 OR abs("Longitude") > 180 THEN NULL ELSE "Longitude"::float8 END AS longitude
    FROM patient_id
    LEFT JOIN {analytics}.dimpatient AS person ON person."Patient Id" = patient_id.patient_id
    LEFT JOIN {analytics}.dimpatientaddress AS address
        ON address."Patient Id" = patient_id.patient_id
        AND address."Primary Address"
        AND strpos(address."Address Type", 'GPS') > 0
    ORDER BY
        patient_id.patient_id COLLATE "C",
        CASE
            WHEN address."Application Created UTC Timestamp" BETWEEN '0001-01-01' AND '9999-12-31 23:59:59.999999'
                THEN address."Application Created UTC Timestamp"
        END DESC NULLS LAST,
        address."Patient Address Id" COLLATE "C" DESC
)

SELECT
    -- for the rules, and first, as a column behind eighty others takes long to reach: an open visit counts with its
    -- scheduled times, a done one with its actual times, and one that has only one actual time has none and takes part
    -- in no rule
    fact.visit_start IS NOT NULL AND fact.visit_end IS NOT NULL AS is_done,
    CASE
        WHEN fact.visit_start IS NOT NULL AND fact.visit_end IS NOT NULL THEN fact.visit_start
        WHEN fact.visit_start IS NULL AND fact.visit_end IS NULL THEN fact.scheduled_start
    END AS starts_at,
    CASE
        WHEN fact.visit_start IS NOT NULL AND fact.visit_end IS NOT NULL THEN fact.visit_end
        WHEN fact.visit_start IS NULL AND fact.visit_end IS NULL THEN fact.scheduled_end
    END AS ends_at,

    -- where the visit was: as the primary one rather at its end, as the conflicting one rather at its start
    coalesce(fact.call_out[0], fact.call_in[0], p_patient.latitude) AS primary_latitude,
    coalesce(fact.call_out[1], fact.call_in[1], p_patient.longitude) AS primary_longitude,
    coalesce(fact.call_in[0], fact.call_out[0], p_patient.latitude) AS conflicting_latitude,
    coalesce(fact.call_in[1], fact.call_out[1], p_patient.longitude) AS conflicting_longitude,
    coalesce(fact.call_in IS NULL AND fact.call_in_text <> ',', FALSE)::integer
    + coalesce(fact.call_out IS NULL AND fact.call_out_text <> ',', FALSE)::integer AS bad_gps,
    num_nonnulls(
        fact."Scheduled Start Time", fact."Scheduled End Time", fact."Visit Start Time", fact."Visit End Time",
        fact."Call In Time", fact."Call Out Time", fact."Visit Updated Timestamp", fact."Invoice Date"
    ) - num_nonnulls(
        fact.scheduled_start, fact.scheduled_end, fact.visit_start, fact.visit_end,
        fact.call_in_time, fact.call_out_time, fact.visit_updated, fact.invoice_date
    ) AS bad_times,

    fact."Visit Id" AS "VisitID",
    fact."Application Visit Id"::text AS "AppVisitID",

    -- who visited, for whom
    fact.ssn AS "SSN",
    fact.ssn AS "AideSSN",
    fact."Caregiver Id" AS "CaregiverID",
    fact."Application Caregiver Id" AS "AppCaregiverID",
    fact."Caregiver Code" AS "AideCode",
    fact."Caregiver Fullname" AS "AideName",
    fact."Caregiver Firstname" AS "AideFName",
    fact."Caregiver Lastname" AS "AideLName",
    fact.caregiver_status AS "AideStatus",
    fact."Provider Id" AS "ProviderID",
    fact."Application Provider Id"::text AS "AppProviderID",
    fact."Provider Name" AS "ProviderName",
    fact."Federal Tax Number" AS "FederalTaxNumber",
    fact."Office Id" AS "OfficeID",
    fact."Application Office Id"::text AS "AppOfficeID",
    office."Office Name" AS "Office",
    fact."Patient Id" AS "PatientID",
    fact."Application Patient Id" AS "AppPatientID",

    -- when
    fact."Visit Date" AS "VisitDate",
    fact.scheduled_start AS "SchStartTime",
    fact.scheduled_end AS "SchEndTime",
    fact.visit_start AS "VisitStartTime",
    fact.visit_end AS "VisitEndTime",
    fact.call_in_time AS "EVVStartTime",
    fact.call_out_time AS "EVVEndTime",
    fact."Call Out Device Type" AS "EVVType",
    fact."Is Missed" AS "IsMissed",
    fact."Missed Visit Reason" AS "MissedVisitReason",
    updater."User Fullname" AS "LastUpdatedBy",
    fact.visit_updated AS "LastUpdatedDate",

    -- who pays, and what
    fact."Payer Id" AS "PayerID",
    fact."Application Payer Id"::text AS "AppPayerID",
    coalesce(payer."Payer Name", contract."Contract Name") AS "Contract",
    payer."Payer State" AS "PayerState",
    CASE
        WHEN fact."Application Payer Id" = 0 AND fact."Application Contract Id" <> 0 THEN 'Internal'
        WHEN fact."Application Payer Id" <> 0 AND fact."Application Contract Id" <> 0 THEN 'UPR'
        WHEN fact."Application Payer Id" <> 0 AND fact."Application Contract Id" = 0 THEN 'Payer'
    END AS "ContractType",
    service_code."Service Code Id" AS "ServiceCodeID",
    service_code."Application Service Code Id" AS "AppServiceCodeID",
    service_code."Service Code" AS "ServiceCode",
    fact."Bill Type" AS "RateType",
    fact."Billed" AS "Billed",
    fact.invoice_date AS "BilledDate",
    fact."Billed Hours" AS "BilledHours",
    fact."Billed Rate" AS "BilledRate",
    fact."Total Billed Amount" AS "TotalBilledAmount",
    fact."Bill Rate Non-Billed" AS "BillRateNonBilled",
    CASE WHEN fact."Billed" = 'yes' THEN fact."Billed Rate" ELSE fact."Bill Rate Non-Billed" END AS "BillRateBoth",

    -- the provider's patient, and where
    fact."Provider Patient Id" AS "P_PatientID",
    fact."Application Provider Patient Id" AS "P_AppPatientID",
    p_patient."Admission Id" AS "P_PAdmissionID",
    p_patient."Patient Name" AS "P_PName",
    p_patient."Patient Firstname" AS "P_PFName",
    p_patient."Patient Lastname" AS "P_PLName",
    p_patient."Medicaid Number" AS "P_PMedicaidNumber",
    p_patient."Patient Address Id" AS "P_PAddressID",
    p_patient."Application Patient Address Id" AS "P_PAppAddressID",
    p_patient."Address Line 1" AS "P_PAddressL1",
    p_patient."Address Line 2" AS "P_PAddressL2",
    p_patient."City" AS "P_PCity",
    p_patient."Address State" AS "P_PAddressState",
    p_patient."Zip Code" AS "P_PZipCode",
    p_patient."County" AS "P_PCounty",

    -- the payer's patient, and where
    fact."Payer Patient Id" AS "PA_PatientID",
    fact."Application Payer Patient Id" AS "PA_AppPatientID",
    pa_patient."Admission Id" AS "PA_PAdmissionID",
    pa_patient."Patient Name" AS "PA_PName",
    pa_patient."Patient Firstname" AS "PA_PFName",
    pa_patient."Patient Lastname" AS "PA_PLName",
    pa_patient."Medicaid Number" AS "PA_PMedicaidNumber",
    pa_patient."Patient Address Id" AS "PA_PAddressID",
    pa_patient."Application Patient Address Id" AS "PA_PAppAddressID",
    pa_patient."Address Line 1" AS "PA_PAddressL1",
    pa_patient."Address Line 2" AS "PA_PAddressL2",
    pa_patient."City" AS "PA_PCity",
    pa_patient."Address State" AS "PA_PAddressState",
    pa_patient."Zip Code" AS "PA_PZipCode",
    pa_patient."County" AS "PA_PCounty"
FROM located AS fact
LEFT JOIN {analytics}.dimoffice AS office
    ON office."Office Id" = fact."Office Id" AND office."Is Active"
LEFT JOIN patient AS p_patient ON p_patient.patient_id = fact."Provider Patient Id"
LEFT JOIN patient AS pa_patient ON pa_patient.patient_id = fact."Payer Patient Id"
LEFT JOIN {analytics}.dimpayer AS payer
    ON payer."Payer Id" = fact."Payer Id" AND payer."Is Active" AND NOT payer."Is Demo"
LEFT JOIN {analytics}.dimcontract AS contract
    ON contract."Contract Id" = fact."Contract Id" AND contract."Is Active"
LEFT JOIN {analytics}.dimservicecode AS service_code
    ON service_code."Service Code Id" = fact."Service Code Id"
LEFT JOIN {analytics}.dimuser AS updater ON updater."User Id" = fact."Visit Updated User Id"
