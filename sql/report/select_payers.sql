-- Visits in conflict by payer (or by contract, if the visit has no payer), by contract type, and by the payer's
-- state. Each visit counts once. Shown are the number of visits, how many of them have a billed amount, and the
-- sum of these amounts. Values beyond the most frequent ones are summed up as "other"; visits without a value
-- have a line of their own.
-- Values: payers.
WITH grouped AS (
    SELECT
        CASE
            WHEN grouping(payer) = 0 THEN 'payer'
            WHEN grouping(contract_type) = 0 THEN 'contract type'
            ELSE 'state'
        END AS kind,
        coalesce(payer, contract_type, state) AS value,
        count(*) AS visits,
        count(amount) AS billed_visits,
        coalesce(sum(amount), 0) AS amount
    FROM report_visit
    GROUP BY GROUPING SETS ((payer), (contract_type), (state))
),

ranked AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY kind ORDER BY value IS NULL, visits DESC, value COLLATE "C"
        ) > %(payers)s AND value IS NOT NULL AS is_other
    FROM grouped
),

shown AS (
    SELECT
        kind,
        CASE WHEN is_other THEN 'other' ELSE value END AS value,
        is_other,
        sum(visits)::bigint AS visits,
        sum(billed_visits)::bigint AS billed_visits,
        sum(amount)::numeric(38, 2) AS amount
    FROM ranked
    GROUP BY kind, CASE WHEN is_other THEN 'other' ELSE value END, is_other
)

SELECT kind, value, is_other, visits, billed_visits, amount
FROM shown
ORDER BY kind, is_other, value IS NULL, visits DESC, value COLLATE "C"
