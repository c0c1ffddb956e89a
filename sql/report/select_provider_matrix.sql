-- Conflicts between the providers with the most conflicts; each pair of visits counts once. A provider is
-- identified by its ID and shown by its name. Conflicts with providers outside this list are not in the map.
-- Values: providers.
WITH side AS (
    SELECT provider_id, con_provider_id FROM report_pair
    UNION ALL
    SELECT con_provider_id, provider_id FROM report_pair
),

provider AS (
    SELECT
        provider_id,
        row_number() OVER (ORDER BY count(*) DESC, provider_id) AS rank,
        count(*) AS total_pairs
    FROM side
    GROUP BY provider_id
    ORDER BY rank
    LIMIT %(providers)s
),

name AS (
    SELECT provider_id, max(provider_name) AS provider_name FROM report_visit GROUP BY provider_id
)

SELECT
    one.rank,
    one.provider_id,
    name.provider_name,
    one.total_pairs,
    other.rank AS con_rank,
    count(side.provider_id) AS pairs
FROM provider AS one
CROSS JOIN provider AS other
LEFT JOIN name ON name.provider_id = one.provider_id
LEFT JOIN side ON side.provider_id = one.provider_id AND side.con_provider_id = other.provider_id
GROUP BY one.rank, one.provider_id, name.provider_name, one.total_pairs, other.rank
ORDER BY one.rank, other.rank
