-- The pairs of providers with the most conflicts between them. Each pair of visits counts once. Aides are
-- distinct SSNs. The billed amount is the sum over the visits of these conflicts, each counted once.
-- Values: provider_pairs.
WITH top AS (
    SELECT
        provider_id,
        con_provider_id,
        row_number() OVER (ORDER BY count(*) DESC, provider_id, con_provider_id) AS rank,
        count(*) AS pairs,
        count(DISTINCT ssn) AS aides
    FROM report_pair
    GROUP BY provider_id, con_provider_id
    ORDER BY rank
    LIMIT %(provider_pairs)s
),

visit_of AS (
    SELECT DISTINCT top.rank, side.visit_id
    FROM top
    INNER JOIN report_pair AS pair
        ON pair.provider_id = top.provider_id AND pair.con_provider_id = top.con_provider_id
    CROSS JOIN LATERAL (VALUES (pair.visit_id), (pair.con_visit_id)) AS side (visit_id)
),

billed AS (
    SELECT visit_of.rank, sum(visit.amount) AS amount
    FROM visit_of
    INNER JOIN report_visit AS visit ON visit.visit_id = visit_of.visit_id
    GROUP BY visit_of.rank
),

name AS (
    SELECT provider_id, max(provider_name) AS provider_name FROM report_visit GROUP BY provider_id
)

SELECT
    top.rank,
    top.provider_id,
    one.provider_name,
    top.con_provider_id,
    other.provider_name AS con_provider_name,
    top.pairs,
    top.aides,
    coalesce(billed.amount, 0)::numeric(38, 2) AS amount
FROM top
LEFT JOIN billed USING (rank)
LEFT JOIN name AS one ON one.provider_id = top.provider_id
LEFT JOIN name AS other ON other.provider_id = top.con_provider_id
ORDER BY top.rank
