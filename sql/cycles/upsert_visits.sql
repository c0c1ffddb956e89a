-- Record the date of each visit and the rows that it is enriched from; equal rows are not written. visit_ids is a
-- statement. Identifiers: visit_ids. Values: those of visit_ids.
INSERT INTO {conflict}.conflict_visit AS noted (
    visit_id, visit_date, caregiver_id, provider_id, office_id, provider_patient_id, payer_patient_id, payer_id,
    contract_id, service_code_id, user_id
)
SELECT
    fact."Visit Id", fact."Visit Date", fact."Caregiver Id", fact."Provider Id", fact."Office Id",
    fact."Provider Patient Id", fact."Payer Patient Id", fact."Payer Id",
    fact."Contract Id", fact."Service Code Id", fact."Visit Updated User Id"
FROM (SELECT DISTINCT visit_id FROM ({visit_ids}) AS named) AS wanted
INNER JOIN {analytics}.factvisitcallperformance_cr AS fact ON fact."Visit Id" = wanted.visit_id
ON CONFLICT (visit_id) DO UPDATE
SET
    visit_date = excluded.visit_date,
    caregiver_id = excluded.caregiver_id,
    provider_id = excluded.provider_id,
    office_id = excluded.office_id,
    provider_patient_id = excluded.provider_patient_id,
    payer_patient_id = excluded.payer_patient_id,
    payer_id = excluded.payer_id,
    contract_id = excluded.contract_id,
    service_code_id = excluded.service_code_id,
    user_id = excluded.user_id
WHERE noted IS DISTINCT FROM excluded
