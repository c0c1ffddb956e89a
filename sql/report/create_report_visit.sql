-- Create one row for each visit of the detected rows (report_row), on either side of any number of pairs. Where
-- rows differ about a visit, the greater value counts, so that the result does not depend on the order of the
-- rows. Amounts above the plausible maximum are kept in a column of their own because they would drown all
-- others in every sum.
-- Values: max_plausible_amount.
CREATE TEMPORARY TABLE report_visit ON COMMIT DROP AS
SELECT
    visit_id,
    bool_or(is_primary) AS is_primary,
    bool_or(NOT is_primary) AS is_conflicting,
    max(visit_date) AS visit_date,
    max(ssn COLLATE "C") AS ssn,
    max(caregiver_id COLLATE "C") AS caregiver_id,
    max(provider_id COLLATE "C") AS provider_id,
    max(provider_name COLLATE "C") AS provider_name,
    max(payer COLLATE "C") AS payer,
    max(contract_type COLLATE "C") AS contract_type,
    max(state COLLATE "C") AS state,
    max(amount) FILTER (WHERE is_plausible) AS amount,
    max(amount) FILTER (WHERE is_plausible AND is_primary) AS primary_amount,
    max(amount) FILTER (WHERE is_plausible AND NOT is_primary) AS conflicting_amount,
    max(amount) FILTER (WHERE NOT is_plausible) AS implausible_amount
FROM (
    SELECT
        TRUE AS is_primary, visit_id, visit_date, ssn, caregiver_id, provider_id, provider_name, payer,
        contract_type, state, amount
    FROM report_row
    WHERE is_detected
    UNION ALL
    SELECT
        FALSE, con_visit_id, visit_date, ssn, con_caregiver_id, con_provider_id, con_provider_name, con_payer,
        con_contract_type, con_state, con_amount
    FROM report_row
    WHERE is_detected
) AS side
CROSS JOIN LATERAL (SELECT abs(amount) <= %(max_plausible_amount)s AS is_plausible) AS judged
WHERE visit_id IS NOT NULL
GROUP BY visit_id
