-- The visits whose values may have changed: they changed themselves, are enriched from a row that has changed, or their
-- date has entered or left the window. Values: window_start, window_end, baseline_window_start,
-- baseline_window_end.
CREATE TEMPORARY TABLE changed_visit ON COMMIT DROP AS
SELECT key AS visit_id FROM changed_key WHERE table_name = 'factvisitcallperformance_cr'
UNION
SELECT visit_id
FROM {conflict}.conflict_visit
WHERE (visit_date BETWEEN %(window_start)s AND %(window_end)s)
    <> (visit_date BETWEEN %(baseline_window_start)s AND %(baseline_window_end)s)
    OR caregiver_id IN (SELECT key FROM changed_key WHERE table_name = 'dimcaregiver')
    OR provider_id IN (SELECT key FROM changed_key WHERE table_name = 'dimprovider')
    OR office_id IN (SELECT key FROM changed_key WHERE table_name = 'dimoffice')
    OR provider_patient_id IN (
        SELECT key FROM changed_key WHERE table_name IN ('dimpatient', 'dimpatientaddress')
    )
    OR payer_patient_id IN (
        SELECT key FROM changed_key WHERE table_name IN ('dimpatient', 'dimpatientaddress')
    )
    OR payer_id IN (SELECT key FROM changed_key WHERE table_name = 'dimpayer')
    OR contract_id IN (SELECT key FROM changed_key WHERE table_name = 'dimcontract')
    OR service_code_id IN (SELECT key FROM changed_key WHERE table_name = 'dimservicecode')
    OR user_id IN (SELECT key FROM changed_key WHERE table_name = 'dimuser')
