-- The aides with the most conflicts; each pair of visits counts once. An aide is identified by the SSN, which is
-- not shown. Shown are the first of the IDs by which providers know the aide, and the number of further IDs.
-- Days are the visit dates with a conflict. The billed amount is the sum over the aide's visits in conflict,
-- each counted once. The name is empty unless REPORT_SHOWS_NAMES allows it.
-- Values: aides, shows_names.
WITH top AS (
    SELECT
        ssn,
        row_number() OVER (ORDER BY count(*) DESC, min(first_row_id)) AS rank,
        count(*) AS pairs,
        count(DISTINCT visit_date) AS days
    FROM report_pair
    WHERE ssn IS NOT NULL
    GROUP BY ssn
    ORDER BY rank
    LIMIT %(aides)s
)

SELECT
    top.rank,
    min(visit.caregiver_id COLLATE "C") AS caregiver_id,
    count(DISTINCT visit.caregiver_id) AS caregiver_ids,
    count(DISTINCT visit.provider_id) AS providers,
    top.pairs,
    top.days,
    count(*) AS visits,
    coalesce(sum(visit.amount), 0)::numeric(38, 2) AS amount,
    CASE WHEN %(shows_names)s THEN (
        SELECT max(aide_name) FROM report_row WHERE report_row.ssn = top.ssn AND report_row.is_detected
    ) END AS aide_name
FROM top
INNER JOIN report_visit AS visit ON visit.ssn = top.ssn
GROUP BY top.ssn, top.rank, top.pairs, top.days
ORDER BY top.rank
