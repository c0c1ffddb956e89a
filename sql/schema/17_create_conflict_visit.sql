-- The rows that the visits in conflictvisitmaps are enriched from, to find the visits that a changed row concerns.
CREATE TABLE IF NOT EXISTS {conflict}.conflict_visit (
    visit_id text PRIMARY KEY,
    visit_date date,
    caregiver_id text,
    provider_id text,
    office_id text,
    provider_patient_id text,
    payer_patient_id text,
    payer_id text,
    contract_id text,
    service_code_id text,
    user_id text
)
