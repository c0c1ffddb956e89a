-- Re-detected rows of a cycle by the rule that holds; a row can hold several. Values: cycle_id.
SELECT rule.key AS rule, sum(rule.value::bigint)::bigint AS rows
FROM {conflict}.conflict_chunk_status
CROSS JOIN LATERAL jsonb_each_text(conflict_chunk_status.redetected_by_rule) AS rule
WHERE conflict_chunk_status.cycle_id = %(cycle_id)s
GROUP BY rule.key
